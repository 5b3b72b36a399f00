import { BenchError } from '../../shared/wire/errors.ts'
import type { WantedPort, WebSerialOptions } from '../../shared/instrument/web-serial.ts'
import { pause } from '../core/deadline.ts'
import type { SafePlan } from '../core/safe-plan.ts'
import { parseResource } from './resource-name.ts'
import type { SerialOptions } from './serial.ts'
import { type OpenTransport, pour, type Receiver, type Transport } from './transport.ts'

/** How long opening waits for somebody to lend the port, before it says that nobody does. */
const OFFER_MS = 10_000
/** A line that says nothing for this long when it is opened is taken for quiet. */
const QUIET_MS = 150
/** What a page may leave unwritten: at 9600 baud a quarter of a minute's. */
const MOST_UNWRITTEN_BYTES = 16 * 1024
const CR = 0x0d
const LF = 0x0a

const ends = { lf: '\n', cr: '\r', crlf: '\r\n' } as const

/** The page's end of a lent port. */
export interface Lender {
  /** Whose page it is. */
  name: string
  /** Writes to the port; `written` is called when it has taken the bytes. */
  write(bytes: Uint8Array, written: () => void): void
  /** What makes the port's device safe, each a write of its own: to be kept, and sent when the bridge is not there to do it. */
  protect(messages: readonly Uint8Array[]): void
}

/** What the page's connection does with a port that it has lent. */
export interface Loan {
  received(bytes: Uint8Array): void
  /** It is taken back, or the page is gone. */
  end(why: string): void
}

interface Wanted {
  options: SerialOptions
  lender?: Lender | undefined
  transport?: LentPort | undefined
  /** As the transport writes them, with LF where they are messages. */
  safe: readonly string[]
  offered: () => void
}

/** Serial ports that devices want from a page, and those that are lent: one list for the process, as for the machine's own ports. */
class BrowserPorts {
  readonly #wanted = new Map<string, Wanted>()

  list(): WantedPort[] {
    return [...this.#wanted].map(([name, { lender }]) => ({
      name,
      ...(lender ? { offeredBy: lender.name } : {}),
    }))
  }

  /** Lends a port. Throws `device.unknown` when no device wants it, `device.busy` when another page lends it. */
  lend(name: string, lender: Lender): { options: WebSerialOptions; loan: Loan } {
    const wanted = this.#wanted.get(name)
    if (!wanted) {
      const names = [...this.#wanted.keys()].join(', ') || 'none'
      throw new BenchError('device.unknown', `no device wants a serial port "${name}"; wanted are: ${names}`)
    }
    if (wanted.lender) {
      throw new BenchError(
        'device.busy',
        `${wanted.lender.name} lends "${name}" already: it is to be taken back there`,
      )
    }
    wanted.lender = lender
    // Ahead of anything that is written, so that there is no moment in which the device may act and the page has none.
    tellSafe(wanted)
    wanted.offered()
    return {
      options: webOptions(name, wanted.options),
      loan: {
        received: (bytes) => wanted.transport?.heard(bytes),
        end: (why) => {
          if (wanted.lender !== lender) return
          wanted.lender = undefined
          wanted.transport?.lose(why)
        },
      },
    }
  }

  /**
   * Gives the page that lends the port, and each that lends it later, what makes its device safe: whoever has the port is
   * the only one who can when this process is dead or cut off. Answers whether the plan's resource is a page's port.
   */
  protect(plan: SafePlan): boolean {
    const resource = parseResource(plan.resource)
    if (resource.wire !== 'browser') return false
    const wanted = this.#wanted.get(resource.port)
    if (wanted) {
      wanted.safe = plan.clearing === '' ? plan.messages : [plan.clearing, ...plan.messages]
      tellSafe(wanted)
    }
    return true
  }

  /** Opens a port that some page lends, or will within 10 s. Rejects with `connection.lost`, saying what to do. */
  async open(
    name: string,
    options: SerialOptions,
    receiver: Receiver,
    signal: AbortSignal,
  ): Promise<Transport> {
    const wanted: Wanted = this.#wanted.get(name) ?? { options, safe: [], offered: () => {} }
    wanted.options = options
    this.#wanted.set(name, wanted)
    if (!wanted.lender) await this.#offer(wanted, signal)
    const { lender } = wanted
    if (!lender) {
      const message = `nobody lends the serial port "${name}": on the machine that it is plugged into, open this bench's page, Serial ports, and lend it`
      throw new BenchError('connection.lost', message)
    }
    const transport = new LentPort(name, lender, options, receiver)
    wanted.transport = transport
    // What is still on its way belongs to whoever had the port before.
    if (!(await pause(QUIET_MS, signal))) throw new BenchError('aborted', `opening "${name}" was given up`)
    transport.listen()
    return transport
  }

  async #offer(wanted: Wanted, signal: AbortSignal): Promise<void> {
    const come = new AbortController()
    wanted.offered = () => come.abort()
    await pause(OFFER_MS, AbortSignal.any([signal, come.signal]))
    wanted.offered = () => {}
  }
}

/** The serial ports of this process's pages. */
export const browserPorts = new BrowserPorts()

/** A serial port on somebody's laptop or phone, as `WEBSERIAL::name` names it. */
export function browserTransport(name: string, options: SerialOptions): OpenTransport {
  return (receiver, signal) => browserPorts.open(name, options, receiver, signal)
}

class LentPort implements Transport {
  readonly marksEnd = false
  readonly peer: string
  readonly #lender: Lender
  readonly #options: SerialOptions
  readonly #receiver: Receiver
  #deaf = true
  #over = false
  #unwritten = 0

  constructor(name: string, lender: Lender, options: SerialOptions, receiver: Receiver) {
    this.peer = `${name} on ${lender.name}'s page`
    this.#lender = lender
    this.#options = options
    this.#receiver = receiver
  }

  listen(): void {
    this.#deaf = false
  }

  write(text: string): void {
    if (this.#over) return
    const bytes = bytesOf(text, this.#options)
    this.#unwritten += bytes.length
    if (this.#unwritten > MOST_UNWRITTEN_BYTES) {
      this.lose('it takes nothing of what is sent')
      return
    }
    this.#lender.write(bytes, () => (this.#unwritten -= bytes.length))
  }

  heard(bytes: Uint8Array): void {
    if (this.#deaf || this.#over || bytes.length === 0) return
    const text = this.#options.receiveEnd === 'cr' ? bytes.map((byte) => (byte === CR ? LF : byte)) : bytes
    pour(this.#receiver, text, false)
  }

  lose(why: string): void {
    if (this.#over) return
    this.close()
    this.#receiver.closed(new BenchError('connection.lost', `the serial port ${this.peer} was lost: ${why}`))
  }

  close(): void {
    this.#over = true
  }
}

/** A message as it goes over the line, with the line's own end in place of LF. */
function bytesOf(text: string, { sendEnd }: SerialOptions): Uint8Array {
  return Buffer.from(text.endsWith('\n') ? text.slice(0, -1) + ends[sendEnd] : text, 'latin1')
}

function tellSafe({ lender, safe, options }: Wanted): void {
  if (safe.length > 0) lender?.protect(safe.map((message) => bytesOf(message, options)))
}

function webOptions(
  name: string,
  { baudRate, dataBits, parity, stopBits, flow }: SerialOptions,
): WebSerialOptions {
  const refuse = (what: string): never => {
    throw new BenchError('device.unsupported', `${name}: a browser's serial port has no ${what}`)
  }
  return {
    baudRate,
    dataBits: dataBits === 7 || dataBits === 8 ? dataBits : refuse(`${dataBits} data bits`),
    parity: parity === 'mark' || parity === 'space' ? refuse(`${parity} parity`) : parity,
    stopBits: stopBits === 1.5 ? refuse('1.5 stop bits') : stopBits,
    flowControl: flow === 'software' ? refuse('software flow control') : flow,
  }
}
