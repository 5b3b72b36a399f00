import type { z } from 'zod'
import type { Role } from './access/access.ts'
import { benchState } from './bench/bench.ts'
import { cameraState } from './camera/camera.ts'
import { controlState } from './control/control.ts'
import { instrumentState } from './instrument/instrument.ts'
import { lineState } from './instrument/journal.ts'
import { turretState } from './turret/turret.ts'
import { viewsState } from './views/views.ts'
import { watchesState, watchlistState } from './watches/watch-state.ts'

/** A kind of topic: the weakest role that may follow it, and what it holds. */
interface TopicSpec {
  role: Role
  /** Needed by the page of everybody who has signed in, bound to devices or not. */
  page?: true
  state: z.ZodType
}

/**
 * Every kind of topic. `bench`, `control` and `views` stand alone; the others are one a device: `camera/<id>`.
 * Subscribing answers `{ rev, snapshot }`; then each `patch` is an RFC 7396 merge patch and raises `rev` by one, or
 * comes with `since` and stands for all that a stuck link has kept back after that revision.
 * A state never holds null, which in a patch means 'gone'.
 */
export const topics = {
  bench: { role: 'viewer', page: true, state: benchState },
  control: { role: 'viewer', page: true, state: controlState },
  camera: { role: 'viewer', state: cameraState },
  instrument: { role: 'viewer', state: instrumentState },
  turret: { role: 'viewer', state: turretState },
  line: { role: 'viewer', state: lineState },
  views: { role: 'viewer', page: true, state: viewsState },
  watches: { role: 'viewer', state: watchesState },
  watchlist: { role: 'viewer', state: watchlistState },
} satisfies Record<string, TopicSpec>

export type TopicKind = keyof typeof topics
export type TopicState<K extends TopicKind> = z.infer<(typeof topics)[K]['state']>

/** The name on the wire. */
export function topicName(kind: TopicKind, id?: string): string {
  return id === undefined ? kind : `${kind}/${id}`
}

/** Who may follow the topic of this name; for a name that belongs to no kind, whoever may follow any. */
export function topicRole(name: string): Role {
  const kind = name.split('/', 1)[0] ?? ''
  return Object.hasOwn(topics, kind) ? topics[kind as TopicKind].role : 'viewer'
}

/** Whether the page of everybody who has signed in needs the topic of this name. */
export function isOfPage(name: string): boolean {
  return Object.hasOwn(topics, name) && (topics as Record<string, TopicSpec>)[name]?.page === true
}
