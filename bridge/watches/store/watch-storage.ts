import type { Watch } from '../../../shared/watches/watch.ts'
import type { WatchCheck } from '../../../shared/watches/watch-history.ts'

/** What of a watch's state outlives the bridge. */
export interface Kept {
  seq: number
  outcome: 'new' | 'ok' | 'failing'
  checks: number
  failures: number
  changes: number
  reason?: string | undefined
  unseen?: number | undefined
  value?: number | string | undefined
  unit?: string | undefined
  checkedAt?: number | undefined
  changedAt?: number | undefined
  failingSince?: number | undefined
  tookMs?: number | undefined
  /** What the check itself has to know of the one before it. */
  memory?: unknown
}

/** A check that is over, with what it saw where that is kept. */
export interface Finished {
  watch: string
  seq: number
  /** The check and the state that it has left, as JSON: there may be thousands a second, and texts cross to a thread cheaply. */
  check: string
  state: string
  number: number | null
  news: boolean
  keepChecks: number
  keepSnapshots: number
  text?: string | undefined
  picture?: Uint8Array | undefined
}

/** Something to tell somebody, until it has arrived. */
export interface Posted {
  id: number
  channel: string
  body: string
}

/** Changes that are written together. */
export interface Batch {
  saved: { watch: Watch; state?: Kept | undefined }[]
  finished: Finished[]
  /** In this order: a watch enters the queue, or leaves it when there is no `entered`. */
  queue: { watch: string; entered?: { by: string | undefined; at: number } }[]
  posted: Posted[]
  delivered: number[]
}

export interface Loaded {
  watches: { watch: Watch; state: Kept | undefined }[]
  unreadable: { id: string; why: string }[]
  /** Oldest first; `by` where a person asked. */
  queue: { watch: string; by: string | undefined }[]
  outbox: Posted[]
  /** Where the database lies that was damaged, and in whose place there is an empty one. */
  movedAside: string | undefined
}

export interface StoredSnapshot {
  seq: number
  at: number
  kind: 'text' | 'image' | 'trace'
  text: string | undefined
  picture: boolean
}

/** What the thread does for the bridge. */
export interface WatchStorage {
  load(): Loaded
  commit(batch: Batch): void
  remove(ids: string[], undo: string, at: number): void
  restore(undo: string): Loaded['watches']
  purge(before: number): void
  clear(ids: string[]): void
  history(id: string, before: number, limit: number, newsOnly: boolean): WatchCheck[]
  sparks(ids: string[], points: number): Record<string, { at: number; value: number }[]>
  snapshot(id: string, seq: number, orBefore: boolean): StoredSnapshot | undefined
  close(): void
}
