const texts: Record<number, string> = {
  [-102]: 'Syntax error',
  [-104]: 'Data type error',
  [-108]: 'Parameter not allowed',
  [-109]: 'Missing parameter',
  [-113]: 'Undefined header',
  [-114]: 'Header suffix out of range',
  [-131]: 'Invalid suffix',
  [-213]: 'Init ignored',
  [-221]: 'Settings conflict',
  [-222]: 'Data out of range',
  [-224]: 'Illegal parameter value',
  [-230]: 'Data corrupt or stale',
  [-241]: 'Hardware missing',
  [-310]: 'System error',
  [-350]: 'Queue overflow',
  [-363]: 'Input buffer overrun',
  [-430]: 'Query DEADLOCKED',
}
const capacity = 16

/** An error a command ends with; its code is one of SCPI-1999 vol 2 §21.8. */
export class ScpiError extends Error {
  readonly code: number

  constructor(code: number, detail = '') {
    super(detail)
    this.code = code
  }
}

/** The error queue and the IEEE 488.2 §11 registers it feeds. */
export class Status {
  enabledEvents = 0
  enabledService = 0
  #events = 128
  readonly #errors: string[] = []

  /** Queues `-113,"Undefined header;FOO:BAR"` and sets the event bit of its class. */
  report(code: number, detail = ''): void {
    const text = (texts[code] ?? 'Error') + (detail ? `;${detail}` : '')
    this.#errors.push(`${code},"${text.replaceAll('"', '""').slice(0, 255)}"`)
    // SCPI-1999 vol 2 §21.8.1: the newest gives way, so that the first cause is never lost.
    if (this.#errors.length > capacity) this.#errors.splice(capacity - 1, 2, `-350,"${texts[-350]}"`)
    if (code <= -100 && code > -500) this.#events |= [32, 16, 8, 4][Math.floor(-code / 100) - 1] ?? 0
  }

  /** Takes the oldest error out: `0,"No error"` where there is none. */
  nextError(): string {
    return this.#errors.shift() ?? '0,"No error"'
  }

  get errorCount(): number {
    return this.#errors.length
  }

  /** `*OPC`: the operation complete bit. */
  operationComplete(): void {
    this.#events |= 1
  }

  /** `*ESR?` reads and clears. */
  takeEvents(): number {
    const events = this.#events
    this.#events = 0
    return events
  }

  /** `*STB?`: EAV 4, ESB 32, MSS 64. MAV stays 0, since asking over a socket finds its queue empty. */
  get byte(): number {
    const summary = (this.#errors.length > 0 ? 4 : 0) | (this.#events & this.enabledEvents ? 32 : 0)
    return summary | (summary & this.enabledService & ~64 ? 64 : 0)
  }

  clear(): void {
    this.#errors.length = 0
    this.#events = 0
  }
}
