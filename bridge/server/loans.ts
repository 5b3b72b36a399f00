import type { Handlers } from '../core/device.ts'
import { browserPorts, type Lender, type Loan } from '../transport/browser.ts'

/** More at once than any serial line carries: such a packet comes from no port. */
const MOST_BYTES = 64 * 1024

/** The serial ports that one page lends, which end with it. */
export class Loans implements Disposable {
  readonly #write: (port: string, bytes: Uint8Array, written: () => void) => void
  readonly #loans = new Map<string, Loan>()

  constructor(write: (port: string, bytes: Uint8Array, written: () => void) => void) {
    this.#write = write
  }

  handlers: Handlers = {
    'serial.list': () => Promise.resolve(browserPorts.list()),
    'serial.offer': ({ port }, { name }) => {
      const lender: Lender = { name, write: (bytes, written) => this.#write(port, bytes, written) }
      const { options, loan } = browserPorts.lend(port, lender)
      this.#loans.set(port, loan)
      return Promise.resolve(options)
    },
    'serial.withdraw': ({ port, why }, { name }) => {
      this.#loans.get(port)?.end(why ?? `${name} has taken it back`)
      this.#loans.delete(port)
      return Promise.resolve({})
    },
  }

  /** Bytes of a port; those of one that this page does not lend are nobody's. */
  received(port: unknown, bytes: unknown): void {
    if (typeof port !== 'string' || !(bytes instanceof Uint8Array) || bytes.length > MOST_BYTES) return
    this.#loans.get(port)?.received(bytes)
  }

  [Symbol.dispose](): void {
    for (const loan of this.#loans.values()) loan.end('the page that lent it has gone')
  }
}
