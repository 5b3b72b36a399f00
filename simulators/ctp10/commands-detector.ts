import type { CommandTree } from '../../bridge/instrument/scpi/message.ts'
import type { Outcome } from './answer.ts'
import { livePower, toMilliwatts } from './detector.ts'
import { ScpiError } from './errors.ts'
import type { Instrument } from './instrument.ts'
import { choice, formatNumber, formatWavelength, single, take, wavelength, whole } from './parameters.ts'

function stamp(date: Date): string {
  const digits = (value: number): string => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}${digits(date.getMonth() + 1)}${digits(date.getDate())}`
  return `1,0,${day},${digits(date.getHours())}${digits(date.getMinutes())}${digits(date.getSeconds())}`
}

/** `:CTP:SENSe` and `:REFerence` (EXFO CTP10 programming guide). */
export function addDetectorCommands(tree: CommandTree<Outcome>, instrument: Instrument): void {
  const { sweep, clock, noise } = instrument
  const at = ({ s, c }: { s: number; c: number }) => {
    const { module, channel } = instrument.locate(s, c)
    return instrument.settings.detector(module, channel)
  }

  tree
    .add(':CTP:SENSe<s>:CHANnel<c>:POWer?', ({ suffixes }) => {
      const { channel, device } = instrument.locate(suffixes.s, suffixes.c)
      const dbm = livePower(device, channel, instrument.light(), clock.now(), noise)
      return formatNumber(at(suffixes).milliwatts ? toMilliwatts(dbm) : dbm)
    })
    .add(':CTP:SENSe<s>:CHANnel<c>:UNIT:X?', ({ suffixes }) => (at(suffixes).hertz ? '1' : '0'))
    .add(':CTP:SENSe<s>:CHANnel<c>:UNIT:X', ({ suffixes, parameters }) => {
      at(suffixes).hertz = choice(single(parameters), ['WAVelength', 'FREQuency']) === 1
    })
    .add(':CTP:SENSe<s>:CHANnel<c>:UNIT:Y?', ({ suffixes }) => (at(suffixes).milliwatts ? '1' : '0'))
    .add(':CTP:SENSe<s>:CHANnel<c>:UNIT:Y', ({ suffixes, parameters }) => {
      at(suffixes).milliwatts = choice(single(parameters), ['DBM', 'MW']) === 1
    })
    .add(':CTP:SENSe<s>:CHANnel<c>:WAVelength?', ({ suffixes }) => formatWavelength(at(suffixes).wavelength))
    .add(':CTP:SENSe<s>:CHANnel<c>:WAVelength', ({ suffixes, parameters }) => {
      const detector = at(suffixes)
      if (sweep.isScanning) throw new ScpiError(-221, 'scanning')
      detector.wavelength = wavelength(single(parameters), 1240, 1680)
    })
    .add(':CTP:SENSe<s>:CHANnel<c>:FUNCtion:TRIGger?', ({ suffixes }) => String(at(suffixes).trigger))
    .add(':CTP:SENSe<s>:CHANnel<c>:FUNCtion:TRIGger', ({ suffixes, parameters }) => {
      at(suffixes).trigger = whole(single(parameters), 0, 8)
    })
    .add(':REFerence:SENSe<s>:CHANnel<c>:INITiate', ({ suffixes, parameters }) => {
      take(parameters, 0)
      const detector = at(suffixes)
      sweep.reference(false, () => {
        detector.reference = stamp(new Date())
      })
    })
    .add(':REFerence:SENSe<s>:CHANnel<c>:QUICk:INITiate', ({ suffixes, parameters }) => {
      take(parameters, 0)
      at(suffixes)
      // Its trace is TYPE13; what RESult? tells of is the full one.
      sweep.reference(true, () => undefined)
    })
    .add(':REFerence:SENSe<s>:CHANnel<c>:RESult?', ({ suffixes }) => at(suffixes).reference ?? '0')
}
