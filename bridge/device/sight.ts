import type { Seen } from '../../shared/camera/vision.ts'

/** What one frame shows, as those in the bridge take it that act on it. */
export interface Sighting extends Seen {
  /** When the frame was complete, ms of the monotonic clock: to be compared, and not for people. */
  madeAt: number
  /** What moves is seen where it was in the middle of this, which ended at `madeAt`. */
  exposureMs?: number | undefined
}

/** What can be seen in a camera's pictures, for those in the bridge that act on it. */
export interface Sight {
  /** Sides of the picture, px; undefined while there is none. */
  readonly size: { width: number; height: number } | undefined
  /** From one picture's begin to the next one's end: the time between two and the exposure, ms; undefined while there is none. */
  readonly frameMs: { period: number; exposure: number } | undefined
  /** Hears of every frame that was looked at, from now on; the answer ends it. */
  follow(listener: (seen: Sighting) => void): () => void
  /**
   * Keeps what the next `frames` show on an average, under a name: those whose exposure began after `after`, ms of the monotonic clock. This and what follows rejects with `camera.failed` or `device.timeout`.
   */
  keep(name: string, after: number, frames: number): Promise<void>
  /** By how many px all of a kept picture lies further right and down in another; `quality` from 0 to 1. */
  shift(from: string, to: string): Promise<{ x: number; y: number; quality: number }>
  /** Keeps each of the next `frames` as `keep` does their mean; answers when the first exposure began and the last ended, ms of the monotonic clock. */
  keepEach(name: string, after: number, frames: number): Promise<{ from: number; to: number }>
  /** Keeps under a name what a pulse of light has added, from pictures that were kept each: in it, and dark around it. */
  pulse(name: string, lit: string, dark: string[]): Promise<void>
  /** The one place that grew brighter with all these pulses, px; `strength` of 255. Rejects when there is none, or more than one. */
  spot(pulses: string[]): Promise<{ x: number; y: number; strength: number }>
  /** Gives up what was kept for pulses. */
  forget(): Promise<void>
}
