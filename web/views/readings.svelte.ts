import type { BenchState } from '../../shared/bench/bench.ts'
import { followTopic } from '../link/topic.svelte.ts'

/** The readings of one instrument, as they are called. */
export interface NamedReadings {
  device: string
  readings: { name: string; label: string }[]
}

/** The readings of every declared instrument on the bench. */
export class Readings {
  readonly #topics: { id: string; topic: ReturnType<typeof followInstrument> }[]

  constructor({ devices }: BenchState) {
    this.#topics = Object.values(devices)
      .filter(({ family }) => family === 'instrument')
      .map(({ id }) => ({ id, topic: followInstrument(id) }))
  }

  get all(): NamedReadings[] {
    return this.#topics.map(({ id, topic }) => ({
      device: id,
      readings: Object.entries(topic.value?.declared?.readings ?? {}).map(([name, { label }]) => ({
        name,
        label,
      })),
    }))
  }

  close(): void {
    for (const { topic } of this.#topics) topic.dispose()
  }
}

function followInstrument(id: string) {
  return followTopic('instrument', id)
}
