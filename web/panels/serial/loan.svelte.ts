import { call } from '../../lib/call.ts'
import { socket } from '../../lib/socket.ts'
import { choosePort, type LocalPort } from './web-serial.ts'

const LINES_KEPT = 200

/** A line that went over a lent port. */
export interface Line {
  id: number
  at: number
  /** `asked` came from the bench, `said` from the instrument. */
  way: 'asked' | 'said'
  text: string
}

/** One serial port of this machine, lent to the bench until it is taken back, unplugged, or the page is closed. */
export class Loan {
  readonly name: string
  state = $state<'opening' | 'lent' | 'ended'>('opening')
  /** Why it ended. */
  problem = $state<string>()
  lines = $state<Line[]>([])
  readonly #port: LocalPort
  readonly #over = new AbortController()
  readonly #pending = { asked: '', said: '' }
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  #next = 1

  constructor(name: string, port: LocalPort) {
    this.name = name
    this.#port = port
  }

  /** Lends it. Rejects, with the port closed again, when the bench or the port will not have it. */
  async begin(): Promise<void> {
    const options = await call('serial.offer', { port: this.name })
    try {
      await this.#port.open(options)
    } catch (error) {
      void call('serial.withdraw', { port: this.name, why: 'it cannot be opened' }).catch(() => undefined)
      throw error
    }
    this.#writer = this.#port.writable?.getWriter()
    this.#reader = this.#port.readable?.getReader()
    socket.on('serial.write', this.#write)
    socket.on('disconnect', this.#lost)
    this.state = 'lent'
    void this.#read()
  }

  /** Takes it back. */
  async end(why = 'taken back on the page that lent it'): Promise<void> {
    if (this.#over.signal.aborted) return
    this.#over.abort()
    socket.off('serial.write', this.#write)
    socket.off('disconnect', this.#lost)
    this.state = 'ended'
    this.problem = why
    if (socket.connected) void call('serial.withdraw', { port: this.name, why }).catch(() => undefined)
    await this.#reader?.cancel().catch(() => undefined)
    this.#reader?.releaseLock()
    await this.#writer?.abort().catch(() => undefined)
    this.#writer?.releaseLock()
    await this.#port.close().catch(() => undefined)
  }

  readonly #lost = (): void => void this.end('the connection to the bridge was lost')

  readonly #write = (port: string, bytes: ArrayBuffer | Uint8Array, written: () => void): void => {
    if (port !== this.name) return
    const data = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes)
    this.#note('asked', data)
    this.#writer
      ?.write(data)
      .then(written, (error: unknown) => void this.end(`writing failed: ${String(error)}`))
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
