import type { BenchState } from '../../../shared/bench/bench.ts'
import type { DeviceBase, Family } from '../../../shared/wire/device.ts'
import { tickingNow } from '../../link/ticker.svelte.ts'
import { followTopic, type Topic } from '../../link/topic.svelte.ts'
import { usePowers } from '../tiles/shared-feed.ts'
import { type Trouble, troublesOf } from './health.ts'

/** Powers that are older are stale: a wall does not flicker with every one that is late. */
const STALE_POWERS_MS = 3000

interface Followed {
  topic: Topic<DeviceBase>
  /** Whether no powers have come for a while, of an instrument that has some. */
  stalePowers(): boolean
  close(): void
}

/** How the devices of the bench fare, from their own topics. */
export class Health {
  #followed = $state.raw<Followed[]>([])

  /** Made by a component: follows for as long as that lives. */
  constructor(bench: () => BenchState | undefined) {
    // As text, so that a change of any device does not follow them all anew.
    const devices = $derived(
      Object.values(bench()?.devices ?? {})
        .map(({ family, id }) => `${family} ${id}`)
        .join(),
    )
    $effect(() => {
      const followed = devices === '' ? [] : devices.split(',').map(follow)
      this.#followed = followed
      return () => followed.forEach((device) => device.close())
    })
  }

  /** Reactive. */
  get troubles(): Trouble[] {
    return this.#followed.flatMap((device) =>
      device.topic.stale ? [] : troublesOf(device.topic.value, { stalePowers: device.stalePowers() }),
    )
  }
}

function follow(device: string): Followed {
  const [family = '', id = ''] = device.split(' ')
  const topic: Topic<DeviceBase> = followTopic(family as Family, id)
  let powers = $state.raw<ReturnType<typeof usePowers>>()
  let openedAt = 0
  const end = $effect.root(() => {
    const has = $derived((topic.value as { power?: object } | undefined)?.power !== undefined)
    $effect(() => {
      if (!has) return
      const used = usePowers(id)
      openedAt = Date.now()
      powers = used
      return () => {
        used.close()
        powers = undefined
      }
    })
  })
  return {
    topic,
    stalePowers: () =>
      powers !== undefined && (powers.feed.ageMs ?? tickingNow() - openedAt) > STALE_POWERS_MS,
    close() {
      end()
      topic.dispose()
    },
  }
}
