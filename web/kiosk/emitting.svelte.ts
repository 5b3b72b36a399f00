import type { BenchState } from '../../shared/bench.ts'
import { followTopic } from '../lib/topic.svelte.ts'

/** The turrets of the bench whose laser is on. */
export class Emitting {
  #topics = $state.raw<ReturnType<typeof followTurret>[]>([])

  /** Made by a component: follows for as long as that lives. */
  constructor(bench: () => BenchState | undefined) {
    const turrets = $derived(
      Object.values(bench()?.devices ?? {})
        .filter(({ family }) => family === 'turret')
        .map(({ id }) => id)
        .join(),
    )
    $effect(() => {
      const topics = turrets === '' ? [] : turrets.split(',').map(followTurret)
      this.#topics = topics
      return () => topics.forEach((topic) => topic.dispose())
    })
  }

  get titles(): string[] {
    return this.#topics.flatMap(({ value, stale }) =>
      value?.laser?.emitting && !value.laser.mock && !stale ? value.title : [],
    )
  }
}

function followTurret(id: string) {
  return followTopic('turret', id)
}
