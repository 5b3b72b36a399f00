import { SerialPort } from 'serialport'
import { z } from 'zod'
import { BenchError } from '../../shared/wire/errors.ts'
import { pause, withDeadline } from '../core/deadline.ts'
import { type OpenTransport, pour, type Receiver, type Transport } from './transport.ts'

const OPEN_MS = 3000
/** At 9600 baud this is a quarter of a minute's writing: nobody listens. */
const MOST_UNSENT_BYTES = 16 * 1024
/** A line that says nothing for this long when it is opened is taken for quiet. */
const QUIET_MS = 150
/** Longer where an answer is owed: there is nothing else that tells a late one from the next. */
const CLEAR_QUIET_MS = 500
const CLEAR_MS = 3000
const BREAK_MS = 100
/** What a common clear of serial instruments is: the ASCII character ETX, Ctrl-C at a terminal. */
const CTRL_C = Buffer.from([3])
const CR = 0x0d
const LF = 0x0a

const ends = { lf: '\n', cr: '\r', crlf: '\r\n' } as const

/** How a serial line is set: 9600 8N1 without flow control, as instruments leave the factory. */
export const serialOptions = z.strictObject({
  baudRate: z.number().int().min(50).max(12_000_000).default(9600).describe('bits a second'),
  dataBits: z
    .union([z.literal(5), z.literal(6), z.literal(7), z.literal(8)])
    .default(8)
    .describe('bits a character'),
  parity: z.enum(['none', 'even', 'odd', 'mark', 'space']).default('none').describe('the parity bit'),
  stopBits: z
    .union([z.literal(1), z.literal(1.5), z.literal(2)])
    .default(1)
    .describe('stop bits a character'),
  flow: z
    .enum(['none', 'hardware', 'software'])
    .default('none')
    .describe('hardware is RTS/CTS, software XON/XOFF'),
  sendEnd: z.enum(['lf', 'cr', 'crlf']).default('lf').describe('what ends a message that is sent'),
  receiveEnd: z
    .enum(['lf', 'cr'])
    .default('lf')
    .describe(
      'what ends an answer; lf takes CR LF as well, cr is for instruments that have no binary blocks',
    ),
  clear: z
    .enum(['drain', 'break', 'ctrl-c'])
    .default('drain')
    .describe(
      'how an unanswered question is given up: wait until the line is quiet, after a break or a Ctrl-C',
    ),
})
export type SerialOptions = z.infer<typeof serialOptions>

/** A serial port; `atOnce` does not wait until the line is quiet, and may hear what is somebody else's. Named as in `ASRL/dev/ttyUSB0::INSTR`. */
export function serialTransport(path: string, options: SerialOptions, atOnce = false): OpenTransport {
  return async (receiver, signal) => {
    const port = new SerialPort({
      path,
      baudRate: options.baudRate,
      dataBits: options.dataBits,
      parity: options.parity,
      stopBits: options.stopBits,
      rtscts: options.flow === 'hardware',
      xon: options.flow === 'software',
      xoff: options.flow === 'software',
      // A DTR line that falls at the close and rises at the next opening restarts many boards (Arduino's auto-reset).
      hupcl: false,
      autoOpen: false,
    })
    const transport = new SerialTransport(port, receiver, options)
    try {
      await transport.open(signal, atOnce)
    } catch (error) {
      transport.close()
      throw error
    }
    return transport
  }
}

class SerialTransport implements Transport {
  readonly marksEnd = false
  readonly #port: SerialPort
  readonly #receiver: Receiver
  readonly #options: SerialOptions
  readonly #over = new AbortController()
  #deaf = true
  #heardAt = 0

  constructor(port: SerialPort, receiver: Receiver, options: SerialOptions) {
    this.#port = port
    this.#receiver = receiver
    this.#options = options
  }

  get peer(): string {
    return this.#port.path
  }

  async open(signal: AbortSignal, atOnce: boolean): Promise<void> {
    const port = this.#port
    const opened = (closing.get(port.path) ?? Promise.resolve()).then(() => this.#opened())
    // Given up before the system has answered, it is nobody's failure any more.
    opened.catch(() => {})
    await withDeadline(opened, OPEN_MS, `opening ${port.path}`, { signal })
    port.on('data', (bytes: Buffer) => this.#heard(bytes))
    port.on('error', (error) => this.#lose(`: ${error.message}`))
    port.on('close', () => this.#lose(': was it unplugged?'))
    // A serial line is never closed at the other end: what is still on its way belongs to whoever had it before.
    if (!atOnce)
      await withDeadline(this.#quiet(QUIET_MS), CLEAR_MS, `waiting for ${port.path} to be quiet`, { signal })
    this.#deaf = false
  }

  write(bytes: string): void {
    if (this.#over.signal.aborted) return
    const text = bytes.endsWith('\n') ? bytes.slice(0, -1) + ends[this.#options.sendEnd] : bytes
    this.#port.write(Buffer.from(text, 'latin1'))
    if (this.#port.writableLength > MOST_UNSENT_BYTES) this.#lose(': it takes nothing of what is sent')
  }

  async clear(signal: AbortSignal): Promise<void> {
    this.#deaf = true
    this.#receiver.failed?.(new BenchError('aborted', `${this.peer} was cleared`))
    await withDeadline(this.#clear(), CLEAR_MS, `clearing ${this.peer}`, { signal })
    this.#deaf = false
  }

  close(): void {
    if (this.#over.signal.aborted) return
    this.#over.abort()
    if (this.#port.isOpen) release(this.#port)
  }

  #opened(): Promise<void> {
    const port = this.#port
    return new Promise((resolve, reject) => {
      if (this.#over.signal.aborted) return
      port.open((error) => {
        if (error) reject(explain(port.path, error))
        else if (this.#over.signal.aborted) release(port)
        else resolve()
      })
    })
  }

  async #clear(): Promise<void> {
    if (this.#options.clear === 'ctrl-c') this.#port.write(CTRL_C)
    if (this.#options.clear === 'break') {
      await this.#set({ brk: true })
      await pause(BREAK_MS, this.#over.signal)
      await this.#set({ brk: false })
    }
    await this.#quiet(CLEAR_QUIET_MS)
  }

  #set(signals: { brk: boolean }): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#port.set(signals, (error) => (error ? reject(explain(this.peer, error)) : resolve()))
    })
  }

  async #quiet(ms: number): Promise<void> {
    this.#heardAt = performance.now()
    for (;;) {
      const left = this.#heardAt + ms - performance.now()
      if (left <= 0) return
      if (!(await pause(left, this.#over.signal)))
        throw new BenchError('connection.lost', `${this.peer} was closed`)
    }
  }

  #heard(bytes: Buffer): void {
    this.#heardAt = performance.now()
    if (this.#deaf || this.#over.signal.aborted || bytes.length === 0) return
    if (this.#options.receiveEnd === 'cr')
      for (const [at, byte] of bytes.entries()) if (byte === CR) bytes[at] = LF
    pour(this.#receiver, bytes, false)
  }

  #lose(why: string): void {
    if (this.#over.signal.aborted) return
    this.close()
    this.#receiver.closed(new BenchError('connection.lost', `the serial port ${this.peer} was lost${why}`))
  }
}

/** Ports that are being closed, which takes the system a moment: until then they cannot be opened again. */
const closing = new Map<string, Promise<void>>()

function release(port: SerialPort): void {
  const closed = new Promise<void>((resolve) => {
    // What flow control holds back would keep the system from closing it.
    port.flush(() => port.close(() => resolve()))
  }).then(() => {
    if (closing.get(port.path) === closed) closing.delete(port.path)
  })
  closing.set(port.path, closed)
}

/** serialport's own sentences say what, not what to do. */
function explain(path: string, error: Error): BenchError {
  const known = [
    [/no such file|cannot find|file not found/i, `there is no serial port ${path}: is it plugged in?`],
    [
      /permission|access denied/i,
      `${path} may not be opened: the user needs the group that owns it (dialout)`,
    ],
    [/lock|busy|temporarily unavailable/i, `${path} is open in another program: end that first`],
  ] as const
  const found = known.find(([words]) => words.test(error.message))
  const code = found?.[0].test('busy') ? 'device.busy' : 'connection.lost'
  return new BenchError(code, found?.[1] ?? `${path}: ${error.message}`, { cause: error })
}
