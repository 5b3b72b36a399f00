import { randomBytes } from 'node:crypto'
import { passingPicturePath } from '../../shared/watch-history.ts'
import type { PickerPage } from '../../shared/watch-picker.ts'
import type { Handlers } from '../core/device.ts'
import type { PageBrowser } from './browser/browser.ts'
import type { PickerLook } from './browser/protocol.ts'
import type { PassingPictures } from './passing.ts'

const DEADLINE_S = 40

/** The commands by which an administrator chooses an element of a page. */
export function pickerHandlers(browser: PageBrowser, passing: PassingPictures): Handlers {
  const options = (signal: AbortSignal): Parameters<PageBrowser['run']>[2] => ({
    signal,
    deadlineS: DEADLINE_S,
    comment: () => {},
  })
  const shown = (picker: string, { png, ...look }: PickerLook): PickerPage => ({
    picker,
    ...look,
    screenshot: passingPicturePath(passing.add(png)),
  })
  return {
    'picker.open': async ({ url, steps }, { signal }) => {
      const picker = randomBytes(8).toString('hex')
      return shown(picker, await browser.run('open', { picker, url, steps }, options(signal)))
    },
    'picker.step': async ({ picker, step }, { signal }) =>
      shown(picker, await browser.run('step', { picker, step }, options(signal))),
    'picker.at': (input, { signal }) => browser.run('at', input, options(signal)),
    'picker.close': async ({ picker }, { signal }) => {
      await browser.run('close', { picker }, options(signal))
      return {}
    },
  }
}
