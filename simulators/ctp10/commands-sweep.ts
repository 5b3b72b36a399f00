import type { CommandTree } from '../../bridge/instrument/scpi/message.ts'
import type { Outcome } from './answer.ts'
import { ScpiError } from './errors.ts'
import type { Instrument } from './instrument.ts'
import {
  choice,
  decimal,
  formatNumber,
  formatWavelength,
  onOff,
  power,
  sampling,
  single,
  take,
} from './parameters.ts'
import { wavelength, whole } from './parameters.ts'
import type { Tls } from './settings.ts'

/** `:INITiate` and `:ABORt` (EXFO CTP10 programming guide). */
export function addSweepCommands(tree: CommandTree<Outcome>, instrument: Instrument): void {
  const { sweep } = instrument
  const setLimit = (tls: Tls, end: 'start' | 'stop', parameters: string[]): void => {
    const { low, high } = instrument.settings.reach(tls)
    instrument.settings.limit(tls, end, wavelength(single(parameters), low, high))
  }
  const at = (n: number): Tls => {
    const tls = instrument.settings.tls[n - 1]
    if (!tls) throw new ScpiError(-114)
    return tls
  }
  // The global span is what the used lasers span together, so its ends belong to the outermost of them.
  const first = (): Tls => instrument.settings.used[0] ?? at(1)
  const last = (): Tls => instrument.settings.used.sort((a, b) => b.stop - a.stop)[0] ?? at(1)

  tree
    .add(':INITiate[:IMMediate]', ({ parameters }) => {
      take(parameters, 0)
      sweep.start(instrument.settings)
    })
    .add(':ABORt', () => {
      sweep.abort()
    })
    .add(':INITiate:SMODe?', () => (instrument.settings.continuous ? 'CONT' : 'SIN'))
    .add(':INITiate:SMODe', ({ parameters }) => {
      instrument.settings.continuous = choice(single(parameters), ['SINgle', 'CONTinuous']) === 1
    })
    .add(':INITiate:WAVelength:STARt?', () => formatWavelength(first().start))
    .add(':INITiate:WAVelength:STOP?', () => formatWavelength(last().stop))
    .add(':INITiate:WAVelength:STARt', ({ parameters }) => {
      setLimit(first(), 'start', parameters)
    })
    .add(':INITiate:WAVelength:STOP', ({ parameters }) => {
      setLimit(last(), 'stop', parameters)
    })
    .add(':INITiate:WAVelength:SAMPling?', () => formatNumber(instrument.settings.sampling / 1e12))
    .add(':INITiate:WAVelength:SAMPling', ({ parameters }) => {
      instrument.settings.sampling = sampling(single(parameters))
    })
    .add(':INITiate:STABilization?', () => {
      const { output, seconds } = instrument.settings.stabilization
      return `${output ? 1 : 0},${seconds}`
    })
    .add(':INITiate:STABilization', ({ parameters }) => {
      const [output = '', seconds = ''] = take(parameters, 2)
      instrument.settings.stabilization = { output: onOff(output), seconds: decimal(seconds, 0, 60, 's') }
    })
    .add(':INITiate:TLS<n>:IDENtifier?', ({ suffixes }) => String(at(suffixes.n).identifier))
    .add(':INITiate:TLS<n>:IDENtifier', ({ suffixes, parameters }) => {
      instrument.settings.choose(at(suffixes.n), whole(single(parameters), 0, 10))
    })
    .add(':INITiate:TLS<n>:WAVelength:STARt?', ({ suffixes }) => formatWavelength(at(suffixes.n).start))
    .add(':INITiate:TLS<n>:WAVelength:STOP?', ({ suffixes }) => formatWavelength(at(suffixes.n).stop))
    .add(':INITiate:TLS<n>:WAVelength:STARt', ({ suffixes, parameters }) => {
      setLimit(at(suffixes.n), 'start', parameters)
    })
    .add(':INITiate:TLS<n>:WAVelength:STOP', ({ suffixes, parameters }) => {
      setLimit(at(suffixes.n), 'stop', parameters)
    })
    .add(':INITiate:TLS<n>:SPEed?', ({ suffixes }) => String(at(suffixes.n).speed))
    .add(':INITiate:TLS<n>:SPEed', ({ suffixes, parameters }) => {
      const tls = at(suffixes.n)
      const speed = decimal(single(parameters), 5, 200)
      if (!instrument.settings.speeds(tls).includes(speed)) throw new ScpiError(-224, String(speed))
      tls.speed = speed
    })
    .add(':INITiate:TLS<n>:POWer?', ({ suffixes }) => formatNumber(at(suffixes.n).power))
    .add(':INITiate:TLS<n>:POWer', ({ suffixes, parameters }) => {
      at(suffixes.n).power = power(single(parameters), -10, 10)
    })
    .add(':INITiate:TLS<n>:TRIGin?', ({ suffixes }) => String(at(suffixes.n).trigger))
    .add(':INITiate:TLS<n>:TRIGin', ({ suffixes, parameters }) => {
      at(suffixes.n).trigger = whole(single(parameters), 0, 8)
    })
}
