import type { Family } from '../../../shared/wire/device.ts'
import type { TraceInfo } from '../../../shared/traces/trace.ts'
import type { TopicKind } from '../../../shared/topics.ts'
import { call } from '../../link/call.ts'
import { dateAndTime } from '../../ui/format.ts'
import { followTopic } from '../../link/topic.svelte.ts'
import { leavesOf } from './topic-leaves.ts'
import { watchNews } from '../list/watch-news.svelte.ts'

const MOST_TRACES = 200

/** What of this bench can be chosen in a watch. */
export class BenchChoices {
  readonly #bench = followTopic('bench')
  #traces = $state.raw<readonly TraceInfo[]>([])
  /** Topics of devices, read once each: what they hold hardly changes. */
  #states = $state.raw<Readonly<Record<string, object>>>({})
  readonly #asked: string[] = []

  traces = $derived(
    this.#traces.map(({ id, name, label, takenAt }) => ({
      value: id,
      text: `${name ?? label}, ${dateAndTime(takenAt)}`,
    })),
  )
  channels = $derived(
    Object.entries(watchNews.state?.channels ?? {}).map(([value, { title }]) => ({
      value,
      text: `${value} (${title})`,
    })),
  )

  constructor() {
    call('trace.list', { limit: MOST_TRACES }).then(
      (traces) => (this.#traces = traces),
      // Without the list there is nothing to choose, and the field says so.
      () => undefined,
    )
  }

  devices(family?: Family): { value: string; text: string }[] {
    const { order = [], devices = {} } = this.#bench.value ?? {}
    return order
      .flatMap((id) => devices[id] ?? [])
      .filter((device) => family === undefined || device.family === family)
      .map(({ id, title }) => ({ value: id, text: title }))
  }

  /** What a field may say of this device: members of its topic, or its declared readings, settings and traces. */
  suggestions(member: string, device: unknown): string[] {
    if (typeof device !== 'string' || (member !== 'path' && member !== 'name')) return []
    const state = this.#stateOf(device)
    if (!state) return []
    if (member === 'path') return leavesOf(state)
    const { declared } = state as { declared?: Record<string, object> }
    return ['readings', 'settings', 'traces'].flatMap((part) => Object.keys(declared?.[part] ?? {}))
  }

  dispose(): void {
    this.#bench.dispose()
  }

  #stateOf(device: string): object | undefined {
    const family: TopicKind | undefined = this.#bench.value?.devices[device]?.family
    if (family && !this.#asked.includes(device)) {
      this.#asked.push(device)
      call('topic.read', { topic: `${family}/${device}` }).then(
        ({ snapshot }) => (this.#states = { ...this.#states, [device]: snapshot }),
        () => undefined,
      )
    }
    return this.#states[device]
  }
}
