import type { BenchState } from '../../shared/bench/bench.ts'
import type { Family } from '../../shared/wire/device.ts'
import { type TopicKind, topicName, type TopicState } from '../../shared/topics.ts'
import type { DeviceConfig } from './config.ts'
import { Topic } from '../core/topic.ts'

/** A device's topic; what the bench shows of every device follows it. */
export function deviceTopic(
  { id, title, driver }: DeviceConfig,
  bench: Topic<BenchState>,
): Topic<TopicState<Family>> {
  const base = {
    id,
    kind: driver.kind,
    family: driver.family,
    title,
    lifecycle: { phase: 'opening' as const, since: Date.now() },
  }
  const topic = new Topic<TopicState<Family>>(topicName(driver.family satisfies TopicKind, id), base)
  bench.merge({ devices: { [id]: base } })
  topic.subscribe(({ patch }) => {
    if (!('lifecycle' in patch || 'emission' in patch || 'moving' in patch)) return
    const { lifecycle, emission, moving } = topic.value
    const shown = {
      ...base,
      lifecycle,
      ...(emission && { emission }),
      ...(moving !== undefined && { moving }),
    }
    bench.put({ devices: { ...bench.value.devices, [id]: shown } })
  })
  return topic
}
