import { SERIAL_ALIVE_MS } from '../../shared/instrument/web-serial.ts'
import type { Handlers } from '../device/device.ts'
import { browserPorts, type Lender, type Loan } from '../transport/browser.ts'

/** More at once than any serial line carries: such a packet comes from no port. */
const MOST_BYTES = 64 * 1024

/** The page that lends, as its connection reaches it. */
interface LendingPage {
  write: (port: string, bytes: Uint8Array, written: () => void) => void
  protect: (port: string, messages: readonly Uint8Array[]) => void
  /** Says that this bridge is there. */
  alive: () => void
}

/** The serial ports that one page lends, which end with it. */
export class Loans implements Disposable {
  readonly #page: LendingPage
  readonly #loans = new Map<string, Loan>()
  #alive: NodeJS.Timeout | undefined

  constructor(page: LendingPage) {
    this.#page = page
  }

  handlers: Handlers = {
    'serial.list': () => Promise.resolve(browserPorts.list()),
    'serial.offer': ({ port }, { name }) => {
      const lender: Lender = {
        name,
        write: (bytes, written) => this.#page.write(port, bytes, written),
        protect: (messages) => this.#page.protect(port, messages),
      }
      const { options, loan } = browserPorts.lend(port, lender)
      this.#loans.set(port, loan)
      this.#alive ??= setInterval(this.#page.alive, SERIAL_ALIVE_MS)
      return Promise.resolve(options)
    },
    'serial.withdraw': ({ port, why }, { name }) => {
      this.#loans.get(port)?.end(why ?? `${name} has taken it back`)
      this.#loans.delete(port)
      if (this.#loans.size === 0) this.#rest()
      return Promise.resolve({})
    },
  }

  /** Bytes of a port; those of one that this page does not lend are nobody's. */
  received(port: unknown, bytes: unknown): void {
    if (typeof port !== 'string' || !(bytes instanceof Uint8Array) || bytes.length > MOST_BYTES) return
    this.#loans.get(port)?.received(bytes)
  }

  /** Whoever lends may do so no longer. */
  end(why: string): void {
    this.#rest()
    for (const loan of this.#loans.values()) loan.end(why)
    this.#loans.clear()
  }

  #rest(): void {
    clearInterval(this.#alive)
    this.#alive = undefined
  }

  [Symbol.dispose](): void {
    this.end('the page that lent it has gone')
  }
}
