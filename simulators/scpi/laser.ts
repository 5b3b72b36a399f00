import { CommandTree, parseMessage } from '../../bridge/instrument/scpi/message.ts'
import { ScpiError, Status } from '../ctp10/errors.ts'
import { formatNumber, formatWavelength, onOff, power, single, wavelength } from '../ctp10/parameters.ts'

/** What the laser can be set to, nm and dBm. */
const WAVELENGTH = { least: 1480, most: 1640, usual: 1550 }
const POWER = { least: -20, most: 13, usual: 0 }
/** The spectrum's span and step about the wavelength, nm. */
const SPAN_NM = 2
const STEP_NM = 0.01
const LINE_NM = 0.05
const FLOOR_DBM = -70
const NOT_A_NUMBER = '9.91E37'

/** A tunable laser that obeys SCPI and tells, at the instant that it happens, when its light goes on or off. */
export class Laser {
  readonly #status = new Status()
  readonly #tree = new CommandTree<string | Buffer | undefined>()
  readonly #emission: (on: boolean) => void
  #on = false
  #nm = WAVELENGTH.usual
  #dbm = POWER.usual

  /** `emission` hears of each change before the command that made it is over. */
  constructor(emission: (on: boolean) => void) {
    this.#emission = emission
    this.#addCommon()
    this.#addSource()
    this.#addSpectrum()
  }

  /** Obeys one program message; answers what is to be sent back, or undefined. */
  run(message: string): Buffer | undefined {
    const answers: (string | Buffer)[] = []
    for (const unit of parseMessage(message)) {
      const call = this.#tree.find(unit)
      if (!call) {
        this.#status.report(-113, unit.header)
        continue
      }
      try {
        const answer = call()
        if (answer !== undefined) answers.push(answer)
      } catch (error) {
        if (!(error instanceof ScpiError)) throw error
        this.#status.report(error.code, error.message)
      }
    }
    if (answers.length === 0) return undefined
    const parts = answers.flatMap((answer, i) => [
      ...(i > 0 ? [Buffer.from(';')] : []),
      typeof answer === 'string' ? Buffer.from(answer, 'latin1') : answer,
    ])
    return Buffer.concat([...parts, Buffer.from('\n')])
  }

  /** A message that was too long to be taken. */
  overrun(): void {
    this.#status.report(-363)
  }

  #emit(on: boolean): void {
    if (on === this.#on) return
    this.#on = on
    this.#emission(on)
  }

  #addCommon(): void {
    this.#tree
      .add('*IDN?', () => 'Lightbench,TestLaser,SIM1,1.0')
      .add('*OPC?', () => '1')
      .add('*CLS', () => {
        this.#status.clear()
        return undefined
      })
      .add('*RST', () => {
        this.#emit(false)
        this.#nm = WAVELENGTH.usual
        this.#dbm = POWER.usual
        return undefined
      })
      .add(':SYSTem:ERRor[:NEXT]?', () => this.#status.nextError())
  }

  #addSource(): void {
    this.#tree
      .add(':OUTPut[:STATe]?', () => (this.#on ? '1' : '0'))
      .add(':OUTPut[:STATe]', ({ parameters }) => {
        this.#emit(onOff(single(parameters)))
        return undefined
      })
      .add(':SOURce:WAVelength?', ({ parameters }) =>
        formatWavelength(limitOr(parameters, WAVELENGTH, this.#nm)),
      )
      .add(':SOURce:WAVelength', ({ parameters }) => {
        this.#nm = wavelength(single(parameters), WAVELENGTH.least, WAVELENGTH.most)
        return undefined
      })
      .add(':SOURce:POWer?', ({ parameters }) => formatNumber(limitOr(parameters, POWER, this.#dbm)))
      .add(':SOURce:POWer', ({ parameters }) => {
        this.#dbm = power(single(parameters), POWER.least, POWER.most)
        return undefined
      })
      .add(':READ:POWer?', () => (this.#on ? formatNumber(this.#dbm + Math.random() * 0.02) : NOT_A_NUMBER))
  }

  #addSpectrum(): void {
    this.#tree
      .add(':TRACe:STARt?', () => formatWavelength(this.#nm - SPAN_NM / 2))
      .add(':TRACe:STEP?', () => formatWavelength(STEP_NM))
      .add(':TRACe:DATA?', () => {
        const points = Math.round(SPAN_NM / STEP_NM) + 1
        const body = Buffer.alloc(points * 4)
        for (let i = 0; i < points; i++) {
          const away = (i * STEP_NM - SPAN_NM / 2) / LINE_NM
          const line = this.#on ? this.#dbm - 4 * away * away : FLOOR_DBM
          body.writeFloatBE(Math.max(line, FLOOR_DBM), i * 4)
        }
        const length = String(body.length)
        return Buffer.concat([Buffer.from(`#${length.length}${length}`), body])
      })
  }
}

function limitOr(parameters: string[], limits: { least: number; most: number }, now: number): number {
  if (parameters.length === 0) return now
  const word = single(parameters).toUpperCase()
  if (word === 'MIN') return limits.least
  if (word === 'MAX') return limits.most
  throw new ScpiError(-224, word)
}
