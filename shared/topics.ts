import type { z } from 'zod'
import { benchState } from './bench.ts'
import { cameraState } from './camera.ts'
import { controlState } from './control.ts'
import { instrumentState } from './instrument.ts'
import { lineState } from './journal.ts'

/**
 * Every kind of topic and the schema of its state. `bench` and `control` stand alone; the others are one a device: `camera/<id>`.
 * Subscribing answers `{ rev, snapshot }`; then each `patch` is an RFC 7396 merge patch and raises `rev` by one.
 * A state never holds null, which in a patch means 'gone'.
 */
export const topics = {
  bench: benchState,
  control: controlState,
  camera: cameraState,
  instrument: instrumentState,
  line: lineState,
}

export type TopicKind = keyof typeof topics
export type TopicState<K extends TopicKind> = z.infer<(typeof topics)[K]>

/** The name on the wire. */
export function topicName(kind: TopicKind, id?: string): string {
  return id === undefined ? kind : `${kind}/${id}`
}
