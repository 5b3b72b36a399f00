import { AsyncLocalStorage } from 'node:async_hooks'
import type { AskerKind } from '../../../shared/instrument/journal.ts'
import type { Handlers } from '../../device/device.ts'

/** Who asks an instrument for something, as its journal names them. */
export interface Asker {
  by: AskerKind
  who: string
}

/** A driver by itself. */
export const DRIVER: Asker = { by: 'driver', who: '' }
export const POLL: Asker = { by: 'poll', who: '' }
export const BRIDGE: Asker = { by: 'bridge', who: '' }

const asking = new AsyncLocalStorage<Asker>()

/** On whose behalf this is run, as far as `attributed` knows; else the driver's own. */
export function currentAsker(): Asker {
  return asking.getStore() ?? DRIVER
}

/**
 * The same handlers, each run in its caller's name: what a driver asks of the instrument for a person is theirs in the
 * journal, and no driver has to hand the name through.
 */
export function attributed(handlers: Handlers): Handlers {
  const entries = Object.entries(handlers).map(([name, handler]) => {
    const run = handler as (input: unknown, caller: { name: string }) => Promise<unknown>
    const named: typeof run = (input, caller) =>
      asking.run({ by: 'command', who: `${caller.name} (${name})` }, () => run(input, caller))
    return [name, named]
  })
  return Object.fromEntries(entries) as Handlers
}
