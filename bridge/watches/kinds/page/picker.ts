import { randomBytes } from 'node:crypto'
import { BenchError } from '../../../../shared/wire/errors.ts'
import { passingPicturePath } from '../../../../shared/watches/watch-history.ts'
import type { PickerPage } from '../../../../shared/watches/watch-picker.ts'
import { type PageStep, pageWatch, type WatchWhat } from '../../../../shared/watches/watch-what.ts'
import type { Caller, Handlers } from '../../../device/device.ts'
import type { Secrets } from '../../../core/filled.ts'
import type { NamedSecrets } from '../../../core/named-secrets.ts'
import { ownerOf } from '../../../core/owner.ts'
import { scrubber } from '../../../core/scrub.ts'
import type { RunOptions } from './browser/child.ts'
import type { Pickers } from './browser/pickers.ts'
import type { PickerLook } from './browser/protocol.ts'
import { keptIn, restored, secretsOf } from '../../kept-secrets.ts'
import type { PassingPictures } from '../../api/passing.ts'

const DEADLINE_S = 40

interface PickerTools {
  passing: PassingPictures
  secrets: Pick<NamedSecrets, 'sendable'>
  /** What a watch looks at, secrets included. Throws `watch.unknown`. */
  known: (watch: string) => WatchWhat
}

/** The commands by which an administrator chooses an element of a page. */
export function pickerHandlers(pickers: Pickers, { passing, secrets, known }: PickerTools): Handlers {
  const options = (signal: AbortSignal): RunOptions => ({ signal, deadlineS: DEADLINE_S })
  const shown = (picker: string, { png, ...look }: PickerLook, caller: Caller): PickerPage => ({
    picker,
    ...look,
    screenshot: passingPicturePath(passing.add(png, caller)),
  })
  /** What is to be opened, with the kept secrets of the watch, and the named ones that it refers to. */
  const meant = (url: string, steps: PageStep[], watch: string | undefined): Meant => {
    const draft = pageWatch.parse({ kind: 'page', url, steps, with: 'browser' })
    const what = restored(draft, watch === undefined ? undefined : known(watch))
    if (what.kind !== 'page') throw new BenchError('internal', 'a page that is none')
    return {
      url: what.url,
      steps: what.steps,
      kept: keptIn(what),
      secrets: secrets.sendable(secretsOf(what)),
    }
  }
  return {
    'picker.open': async ({ url, steps, watch }, caller) => {
      const picker = randomBytes(8).toString('hex')
      const { kept, ...page } = meant(url, steps, watch)
      const owner = ownerOf(caller)
      const opened = pickers.open(picker, { ...page, owner }, options(caller.signal))
      return shown(picker, await scrubbed(opened, { kept, ...page }), caller)
    },
    'picker.step': async ({ picker, step }, caller) => {
      pickers.require(picker, caller)
      const { steps, ...page } = meant(ANY_PAGE, [step], undefined)
      const input = { step: steps[0] ?? step, secrets: page.secrets }
      const done = pickers.step(picker, input, options(caller.signal))
      return shown(picker, await scrubbed(done, page), caller)
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

/** A step is done on the page that is open: it has no address of its own. */
const ANY_PAGE = 'http://localhost/'

interface Meant {
  url: string
  steps: PageStep[]
  kept: readonly string[]
  secrets: Secrets
}

/** What comes of the work; what it fails with repeats no secret. */
async function scrubbed<T>(work: Promise<T>, { kept, secrets }: Pick<Meant, 'kept' | 'secrets'>): Promise<T> {
  try {
    return await work
  } catch (error) {
    const scrub = scrubber([...kept, ...Object.values(secrets).map(({ value }) => value)])
    if (error instanceof Error) error.message = scrub(error.message)
    throw error
  }
}
