import type { CommandTree } from '../../bridge/instrument/scpi/message.ts'
import type { Outcome } from './answer.ts'
import { ScpiError } from './errors.ts'
import type { Instrument } from './instrument.ts'
import { formatNumber, formatWavelength, onOff, power, single, wavelength } from './parameters.ts'
import type { Laser } from './settings.ts'

/** `:CTP:RLASer` (EXFO CTP10 programming guide). */
export function addLaserCommands(tree: CommandTree<Outcome>, instrument: Instrument): void {
  const at = (r: number): Laser => {
    if (r < 1 || r > 10) throw new ScpiError(-114)
    const laser = instrument.settings.lasers.get(r)
    if (!laser) throw new ScpiError(-241, `RLASer${r}`)
    return laser
  }

  tree
    .add(':CTP:RLASer<r>:IDN?', ({ suffixes }) => `EXFO,${at(suffixes.r).model},0,6.06`)
    .add(':CTP:RLASer<r>:POWer?', ({ suffixes }) => formatNumber(at(suffixes.r).power))
    .add(':CTP:RLASer<r>:POWer', ({ suffixes, parameters }) => {
      const laser = at(suffixes.r)
      laser.power = power(single(parameters), -10, laser.maximumPower)
    })
    .add(':CTP:RLASer<r>:POWer:STATe?', ({ suffixes }) => (at(suffixes.r).on ? '1' : '0'))
    .add(':CTP:RLASer<r>:POWer:STATe', ({ suffixes, parameters }) => {
      at(suffixes.r).on = onOff(single(parameters))
    })
    .add(':CTP:RLASer<r>:WAVelength?', ({ suffixes }) => formatWavelength(at(suffixes.r).wavelength))
    .add(':CTP:RLASer<r>:WAVelength', ({ suffixes, parameters }) => {
      const laser = at(suffixes.r)
      laser.wavelength = wavelength(single(parameters), laser.low, laser.high)
    })
}
