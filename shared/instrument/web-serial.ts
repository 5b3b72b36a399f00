import { z } from 'zod'
import { command } from '../wire/command.ts'
import { deviceId } from '../wire/device.ts'
import { plain } from '../wire/secret.ts'

/** How often the bridge says to a page that lends a port that it is there. */
export const SERIAL_ALIVE_MS = 250
/** A page that hears nothing of the bridge for so long makes the devices of the ports that it lends safe. */
export const SERIAL_LOST_MS = 1000

/** How a page is to open the port that it offers, in the words of the Web Serial API. */
export const webSerialOptions = z.object({
  baudRate: z.number().int(),
  dataBits: z.union([z.literal(7), z.literal(8)]),
  parity: z.enum(['none', 'even', 'odd']),
  stopBits: z.union([z.literal(1), z.literal(2)]),
  flowControl: z.enum(['none', 'hardware']),
})
export type WebSerialOptions = z.infer<typeof webSerialOptions>

const wantedPort = z.object({
  name: deviceId,
  offeredBy: z.string().describe('whose page offers it').optional(),
})
export type WantedPort = z.infer<typeof wantedPort>

const port = z.object({ port: deviceId })

export const webSerialCommands = {
  'serial.list': command({
    about: 'The serial ports that devices of this bench want from a page (`WEBSERIAL::<name>`).',
    role: 'operator',
    only: 'socket',
    input: z.object({}),
    output: z.array(wantedPort),
  }),
  'serial.offer': command({
    about:
      'Lend the bench a serial port of this machine; answers how to open it. `serial.write` events follow, and `serial.safe` with what makes its device safe: the page sends that when the bridge is gone.',
    role: 'operator',
    only: 'socket',
    audited: true,
    input: port,
    output: webSerialOptions,
  }),
  'serial.withdraw': command({
    about: 'Take a lent port back: its device is faulted.',
    role: 'operator',
    only: 'socket',
    audited: true,
    reach: 'self',
    input: port.extend({ why: plain(z.string().max(200)).optional() }),
    output: z.object({}),
  }),
}

/** What a page sends of a lent port: bytes that its instrument has said. */
export interface WebSerialClientEvents {
  'serial.data': (port: string, bytes: Uint8Array) => void
}

/** What a page is sent for a lent port: bytes to write, acknowledged when the port has taken them. */
export interface WebSerialServerEvents {
  'serial.write': (port: string, bytes: ArrayBuffer | Uint8Array, written: () => void) => void
  /**
   * What makes the port's device safe, each a write of its own. The page keeps it, and writes it when it hears nothing of
   * the bridge for SERIAL_LOST_MS, when its connection ends, when the port is taken back, and when it is closed or frozen.
   */
  'serial.safe': (port: string, messages: (ArrayBuffer | Uint8Array)[]) => void
  /** Every SERIAL_ALIVE_MS while the page lends a port. */
  'serial.alive': () => void
}
