import type { CommandName } from '../../../shared/commands.ts'
import type { InstrumentState } from '../../../shared/instrument/instrument.ts'
import { mayNot } from '../../link/control.svelte.ts'

/** Why this command may not be given to the instrument now, in a few words; undefined when it may. Reactive. */
export function whyNotNow(
  name: CommandName,
  { id, lifecycle, sweep, ctp10 }: InstrumentState,
  stale: boolean,
): string | undefined {
  if (stale) return 'No connection to the bridge'
  if (lifecycle.phase !== 'ready') return `The instrument is ${lifecycle.phase}`
  const not = mayNot(name, id)
  if (not) return not
  const underWay = (phase: string | undefined): boolean => phase === 'running' || phase === 'aborting'
  if (!BLOCKED.includes(name)) return undefined
  if (underWay(sweep?.phase)) return 'A sweep is running'
  if (underWay(ctp10?.referencing?.phase)) return 'A reference is being taken'
  return undefined
}

/** What the instrument does not do beside a sweep or a reference. */
const BLOCKED: CommandName[] = ['ctp.setSweep', 'ctp.runSweep', 'ctp.takeReference']
