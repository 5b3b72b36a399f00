import type { Seen, Thing } from '../../../shared/camera/vision.ts'

/** What is kept: the way of a track over this is drawn behind it. */
const KEPT_MS = 1500
/** A frame that was not looked at shows what an earlier one did, moved along; not longer than this. */
const CARRIED_MS = 300
/** RTP counts in 90ths of a ms, and the frame's own time is a float. */
const SAME_MS = 1

/** What was seen in the last second or so, by the time at which each frame was made. */
export class SeenLog {
  #frames: Seen[] = []

  /** Adds frames in the order of their making; a time that runs backwards begins anew. */
  add(frames: readonly Seen[]): void {
    for (const frame of frames) {
      const newest = this.#frames.at(-1)
      if (newest && frame.madeAt < newest.madeAt - KEPT_MS) this.#frames = []
      this.#frames.push(frame)
    }
    const newest = this.#frames.at(-1)
    if (newest) this.#frames = this.#frames.filter(({ madeAt }) => madeAt >= newest.madeAt - KEPT_MS)
  }

  clear(): void {
    this.#frames = []
  }

  get newest(): Seen | undefined {
    return this.#frames.at(-1)
  }

  /**
   * What a frame made at `madeAt` shows, each thing being where it is in that very frame: as it was seen there, or,
   * where every other frame is looked at, carried along at its speed. Nothing when the last look is too long ago.
   */
  at(madeAt: number): Thing[] {
    const seen = this.#frames.findLast((frame) => frame.madeAt <= madeAt + SAME_MS)
    if (!seen || madeAt - seen.madeAt > CARRIED_MS) return []
    const seconds = Math.max(0, madeAt - seen.madeAt) / 1000
    return seen.things.map((thing) => ({
      ...thing,
      x: thing.x + thing.vx * seconds,
      y: thing.y + thing.vy * seconds,
    }))
  }

  /** The way that a track has come until `madeAt`, oldest first. */
  way(track: number, madeAt: number): { x: number; y: number }[] {
    return this.#frames
      .filter((frame) => frame.madeAt <= madeAt + SAME_MS)
      .flatMap(({ things }) => things.filter((thing) => thing.track === track).map(({ x, y }) => ({ x, y })))
  }
}
