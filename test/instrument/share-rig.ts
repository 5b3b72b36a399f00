import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import type { BenchError } from '../../shared/wire/errors.ts'
import type { JournalEntry } from '../../shared/instrument/journal.ts'
import { Line } from '../../bridge/instrument/scpi/line.ts'
import { Session } from '../../bridge/instrument/scpi/session.ts'
import { shareConfig } from '../../bridge/instrument/share/config.ts'
import { SharedPort } from '../../bridge/instrument/share/shared-port.ts'
import { tcpTransport } from '../../bridge/transport/tcp.ts'
import { listen } from '../support/instrument.ts'

const ANSWER_MS = 3000

/** Another program, as it would be written: a socket of Node's own. */
export class Script implements Disposable {
  readonly socket: Socket
  received = Buffer.alloc(0)
  closed = false

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => (this.received = Buffer.concat([this.received, chunk])))
    socket.on('error', () => {})
    socket.once('close', () => (this.closed = true))
  }

  /** From another of this machine's addresses, if one is given. */
  static async connect(port: number, localAddress?: string): Promise<Script> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true, ...(localAddress && { localAddress }) })
    await once(socket, 'connect')
    return new Script(socket)
  }

  get name(): string {
    return `127.0.0.1:${this.socket.localPort}`
  }

  write(text: string): void {
    this.socket.write(`${text}\n`)
  }

  /** The next line that it is sent. Rejects after 3 s. */
  async line(): Promise<string> {
    await this.#until(() => this.received.includes(10))
    const end = this.received.indexOf(10)
    const line = this.received.toString('latin1', 0, end).replace(/\r$/, '')
    this.received = this.received.subarray(end + 1)
    return line
  }

  /** As many bytes, whatever they are. Rejects after 3 s. */
  async bytes(count: number): Promise<Buffer> {
    await this.#until(() => this.received.length >= count)
    const bytes = this.received.subarray(0, count)
    this.received = this.received.subarray(count)
    return bytes
  }

  ask(text: string): Promise<string> {
    this.write(text)
    return this.line()
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }

  async #until(done: () => boolean): Promise<void> {
    const late = performance.now() + ANSWER_MS
    while (!done()) {
      if (performance.now() > late) throw new Error(`no answer; so far "${this.received.toString('latin1')}"`)
      await sleep(2)
    }
  }
}

/** An instrument, a session with it, and the ports on which it is shared. */
export interface Shared extends AsyncDisposable {
  line: Line
  session: Session
  port: SharedPort
  raw: number
  hislip: number
  /** What the instrument was sent. */
  lines: string[]
  journal(): JournalEntry[]
  /** Says from now on why programs may not act. */
  hold(why: BenchError | undefined): void
}

/** Shares an instrument that does with each line what the test says, and looks after it as the bench would. */
export async function share(
  onLine: (line: string, socket: Socket) => void,
  config: Record<string, unknown> = {},
  options: { stallMs?: number } = {},
): Promise<Shared> {
  const instrument = await listen(onLine)
  const line = new Line()
  const session = await Session.open({
    device: 'dut',
    open: tcpTransport('127.0.0.1', instrument.port),
    signal: new AbortController().signal,
    lost: () => {},
    line,
  })
  let held: BenchError | undefined
  const port = await SharedPort.open({
    device: 'dut',
    line,
    config: shareConfig.parse({ port: 0, hislipPort: 0, ...config }),
    log: pino({ level: 'silent' }),
    whyNot: (acts) => (acts && held?.code === 'lease.held' ? undefined : held),
    endLight: () => {},
    ...options,
  })
  const tick = setInterval(() => port.hub.tick(), 20)
  return {
    line,
    session,
    port,
    raw: port.address.port,
    hislip: port.address.hislipPort ?? 0,
    lines: instrument.lines,
    journal: () => line.journal.read({}, { limit: 1000 }).entries,
    hold: (why) => (held = why),
    async [Symbol.asyncDispose]() {
      clearInterval(tick)
      await port[Symbol.asyncDispose]()
      session[Symbol.dispose]()
      await instrument[Symbol.asyncDispose]()
    },
  }
}

/** Answers each query with itself, after a moment if one is given. */
export function echo(afterMs?: (line: string) => number): (line: string, socket: Socket) => void {
  return (line, socket) => {
    if (!line.includes('?')) return
    const answer = (): void => void socket.write(`${line.replaceAll('?', '')}\r\n`)
    const ms = afterMs?.(line) ?? 0
    if (ms > 0) setTimeout(answer, ms)
    else answer()
  }
}
