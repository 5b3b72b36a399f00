import { SERIAL_LOST_MS } from '../../../shared/instrument/web-serial.ts'
import { call } from '../../link/call.ts'
import { Silence, TICK_MS } from '../../link/silence.ts'
import { socket } from '../../link/socket.ts'
import { steadyTicks } from '../../link/steady-ticks.ts'
import { PortWriter } from './port-writer.ts'
import { choosePort, type LocalPort } from './web-serial.ts'

const LINES_KEPT = 200
/** What makes a device safe may take so long to leave before the port is closed. */
const FLUSH_MS = 1000

/** A line that went over a lent port. */
export interface Line {
  id: number
  at: number
  /** `asked` came from the bench, `said` from the instrument. */
  way: 'asked' | 'said'
  text: string
}

/**
 * One serial port of this machine, lent to the bench until it is taken back, unplugged, or the page is closed. Nobody else
 * reaches its device: when the bridge is gone or silent, and however the loan ends, this page makes the device safe.
 */
export class Loan {
  readonly name: string
  state = $state<'opening' | 'lent' | 'ended'>('opening')
  /** Why it ended. */
  problem = $state<string>()
  lines = $state<Line[]>([])
  readonly #port: LocalPort
  readonly #over = new AbortController()
  readonly #pending = { asked: '', said: '' }
  /** What makes the device safe, each a write of its own. */
  #safe: Uint8Array[] = []
  readonly #silence = new Silence(SERIAL_LOST_MS, () => void this.#makeSafe('the bridge is silent'))
  #endTicks: (() => void) | undefined
  #writer: PortWriter | undefined
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  #next = 1

  constructor(name: string, port: LocalPort) {
    this.name = name
    this.#port = port
  }

  /** Lends it. Rejects, with the port closed again, when the bench or the port will not have it. */
  async begin(): Promise<void> {
    // Before anything can be written to the device, its safe bytes are here.
    socket.on('serial.safe', this.#keepSafe)
    try {
      const options = await call('serial.offer', { port: this.name })
      await this.#port.open(options)
    } catch (error) {
      socket.off('serial.safe', this.#keepSafe)
      if (socket.connected)
        void call('serial.withdraw', { port: this.name, why: 'it cannot be opened' }).catch(() => undefined)
      throw error
    }
    const { readable, writable } = this.#port
    if (writable)
      this.#writer = new PortWriter(writable, (error) => void this.end(`writing failed: ${String(error)}`))
    this.#reader = readable?.getReader()
    socket.on('serial.write', this.#write)
    socket.on('disconnect', this.#lost)
    socket.onAny(this.#heard)
    window.addEventListener('pagehide', this.#left)
    document.addEventListener('freeze', this.#asleep)
    this.#endTicks = steadyTicks(TICK_MS, () => this.#silence.tick())
    this.state = 'lent'
    void this.#read()
  }

  /** Ends it: the device is made safe, and the port closed. */
  async end(why = 'taken back on the page that lent it'): Promise<void> {
    if (this.#over.signal.aborted) return
    this.#over.abort()
    // Before anything else: a page that is being closed does nothing after this tick.
    const safe = this.#makeSafe(why)
    this.#endTicks?.()
    socket.off('serial.safe', this.#keepSafe)
    socket.off('serial.write', this.#write)
    socket.off('disconnect', this.#lost)
    socket.offAny(this.#heard)
    window.removeEventListener('pagehide', this.#left)
    document.removeEventListener('freeze', this.#asleep)
    this.state = 'ended'
    this.problem = why
    if (socket.connected) void call('serial.withdraw', { port: this.name, why }).catch(() => undefined)
    await Promise.race([safe, new Promise((resolve) => setTimeout(resolve, FLUSH_MS))])
    await this.#reader?.cancel().catch(() => undefined)
    this.#reader?.releaseLock()
    await this.#writer?.close()
    await this.#port.close().catch(() => undefined)
  }

  // The bridge has ended the loan as well, if it lives: nothing can come after this that would go on with it.
  readonly #lost = (): void => void this.end('the connection to the bridge was lost')
  readonly #left = (): void => void this.end('the page that lent it has gone')
  readonly #asleep = (): void => void this.end('the page that lent it was put to sleep by its browser')
  readonly #heard = (): void => this.#silence.heard()

  readonly #keepSafe = (port: string, messages: (ArrayBuffer | Uint8Array)[]): void => {
    if (port === this.name) this.#safe = messages.map(bytesOf)
  }

  readonly #write = (port: string, bytes: ArrayBuffer | Uint8Array, written: () => void): void => {
    if (port !== this.name) return
    const data = bytesOf(bytes)
    this.#note('asked', data)
    this.#writer?.write(data, written)
  }

  async #makeSafe(why: string): Promise<void> {
    if (!this.#writer || this.#safe.length === 0) return
    const written = this.#writer.makeSafe(this.#safe)
    this.#note('asked', new TextEncoder().encode(`\n(made safe by this page: ${why})\n`))
    for (const message of this.#safe) this.#note('asked', message)
    await written
  }

  async #read(): Promise<void> {
    try {
      for (;;) {
        const { value, done } = (await this.#reader?.read()) ?? { done: true }
        if (done) break
        this.#note('said', value)
        socket.emit('serial.data', this.name, value)
      }
      await this.end('the port was closed')
    } catch (error) {
      await this.end(`the port was lost: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  /** Keeps whole lines for the person to see; binary answers show as dots. */
  #note(way: Line['way'], bytes: Uint8Array): void {
    const text = this.#pending[way] + Array.from(bytes, shown).join('')
    const lines = text.split('\n')
    this.#pending[way] = (lines.pop() ?? '').slice(-LINES_KEPT)
    const at = Date.now()
    const fresh = lines.map((line) => ({ id: this.#next++, at, way, text: line.slice(0, LINES_KEPT) }))
    if (fresh.length > 0) this.lines = [...this.lines, ...fresh].slice(-LINES_KEPT)
  }
}

function bytesOf(bytes: ArrayBuffer | Uint8Array): Uint8Array {
  return bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes)
}

function shown(byte: number): string {
  if (byte === 10) return '\n'
  if (byte === 13) return ''
  return byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '·'
}

/** The ports that this page lends, by name; a port that has ended stays to say why. */
class Loans {
  all = $state<Record<string, Loan>>({})

  /** Lets the person choose a port of this machine, and lends it under this name. */
  async lend(name: string): Promise<void> {
    const loan = new Loan(name, await choosePort())
    await loan.begin()
    this.all[name] = loan
  }
}

/** This page's lent ports: they outlive the page that shows them. */
export const loans = new Loans()
