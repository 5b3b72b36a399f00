import type { CommandName } from '../../shared/commands.ts'
import type { ControlState } from '../../shared/control/control.ts'
import { bench } from './bench.svelte.ts'
import { connection } from './connection.svelte.ts'
import { followTopic } from './topic.svelte.ts'
import { whyNot } from './why-not.ts'

/** Who may act on the bench and whether anything may, as this page sees it. Followed for as long as the page lives. */
class Control {
  readonly #topic = followTopic('control')

  state: ControlState | undefined = $derived(
    connection.state === 'signed-out' ? undefined : this.#topic.value,
  )
  /** What is known is history. */
  stale: boolean = $derived(this.#topic.stale)
  /** The control topic's lease, as it concerns this page. */
  holder: 'free' | 'mine' | 'other' = $derived.by(() => {
    if (!this.state?.lease) return 'free'
    return this.state.lease.client === connection.me?.client ? 'mine' : 'other'
  })
  /** Whether this page holds the lease and can know it. */
  mine: boolean = $derived(this.holder === 'mine' && !this.stale)
  latched: boolean = $derived(this.state?.stop.latched === true)
}

/** The bench's control. */
export const control = new Control()

/** Why this page may not give the command now, in a few words; undefined when it may. Reactive. */
export function mayNot(name: CommandName, device?: string): string | undefined {
  return whyNot(
    name,
    {
      connected: connection.state === 'connected',
      me: connection.me,
      control: control.state,
      guardian: bench.state?.guardian,
    },
    device,
  )
}
