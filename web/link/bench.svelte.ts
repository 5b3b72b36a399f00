import type { BenchState } from '../../shared/bench/bench.ts'
import type { DeviceBase } from '../../shared/wire/device.ts'
import { connection } from './connection.svelte.ts'
import { emissionBadge, emittingDevices } from '../control/emission.ts'
import { followTopic } from './topic.svelte.ts'

/** What is on the bench, and which of it emits, as this page sees it. Followed for as long as the page lives. */
class Bench {
  readonly #topic = followTopic('bench')

  /** Of somebody who is bound to devices, those alone. */
  state: BenchState | undefined = $derived(
    connection.state === 'signed-out' ? undefined : within(this.#topic.value, connection.me?.scope?.devices),
  )
  /** What is known is history. */
  stale: boolean = $derived(this.#topic.stale)
  /** The devices that emit, or may. */
  emitting: DeviceBase[] = $derived(emittingDevices(this.state))
  /** What the tab's title begins with while light is on. */
  badge: string = $derived(emissionBadge(this.state, this.stale))
}

function within(state: BenchState | undefined, bound: string[] | undefined): BenchState | undefined {
  if (!state || !bound) return state
  const devices = Object.fromEntries(Object.entries(state.devices).filter(([id]) => bound.includes(id)))
  return { ...state, devices, order: state.order.filter((id) => bound.includes(id)) }
}

/** The bench. */
export const bench = new Bench()
