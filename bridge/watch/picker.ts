import { randomBytes } from 'node:crypto'
import { passingPicturePath } from '../../shared/watch-history.ts'
import type { PickerPage } from '../../shared/watch-picker.ts'
import type { Caller, Handlers } from '../core/device.ts'
import { ownerOf } from '../core/owner.ts'
import type { RunOptions } from './browser/child.ts'
import type { Pickers } from './browser/pickers.ts'
import type { PickerLook } from './browser/protocol.ts'
import type { PassingPictures } from './passing.ts'

const DEADLINE_S = 40

/** The commands by which an administrator chooses an element of a page. */
export function pickerHandlers(pickers: Pickers, passing: PassingPictures): Handlers {
  const options = (signal: AbortSignal): RunOptions => ({ signal, deadlineS: DEADLINE_S })
  const shown = (picker: string, { png, ...look }: PickerLook, caller: Caller): PickerPage => ({
    picker,
    ...look,
    screenshot: passingPicturePath(passing.add(png, caller)),
  })
  return {
    'picker.open': async ({ url, steps }, caller) => {
      const picker = randomBytes(8).toString('hex')
      const look = await pickers.open(picker, { url, steps, owner: ownerOf(caller) }, options(caller.signal))
      return shown(picker, look, caller)
    },
    'picker.step': async ({ picker, step }, caller) => {
      pickers.require(picker, caller)
      return shown(picker, await pickers.step(picker, step, options(caller.signal)), caller)
    },
    'picker.at': ({ picker, ...place }, caller) => {
      pickers.require(picker, caller)
      return pickers.at(picker, place, options(caller.signal))
    },
    'picker.close': async ({ picker }, caller) => {
      pickers.require(picker, caller)
      await pickers.close(picker)
      return {}
    },
  }
}
