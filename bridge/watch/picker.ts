import { randomBytes } from 'node:crypto'
import { passingPicturePath } from '../../shared/watch-history.ts'
import type { PickerPage } from '../../shared/watch-picker.ts'
import type { Handlers } from '../core/device.ts'
import type { RunOptions } from './browser/child.ts'
import type { Pickers } from './browser/pickers.ts'
import type { PickerLook } from './browser/protocol.ts'
import type { PassingPictures } from './passing.ts'

const DEADLINE_S = 40

/** The commands by which an administrator chooses an element of a page. */
export function pickerHandlers(pickers: Pickers, passing: PassingPictures): Handlers {
  const options = (signal: AbortSignal): RunOptions => ({ signal, deadlineS: DEADLINE_S })
  const shown = (picker: string, { png, ...look }: PickerLook): PickerPage => ({
    picker,
    ...look,
    screenshot: passingPicturePath(passing.add(png)),
  })
  return {
    'picker.open': async ({ url, steps }, { signal }) => {
      const picker = randomBytes(8).toString('hex')
      return shown(picker, await pickers.open(picker, url, steps, options(signal)))
    },
    'picker.step': async ({ picker, step }, { signal }) =>
      shown(picker, await pickers.step(picker, step, options(signal))),
    'picker.at': ({ picker, ...place }, { signal }) => pickers.at(picker, place, options(signal)),
    'picker.close': async ({ picker }) => {
      await pickers.close(picker)
      return {}
    },
  }
}
