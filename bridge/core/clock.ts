/** A clock that was set is followed once it is off by more than this; less is what reading two clocks one after the other costs. */
const SET_MS = 5
/** Between reading the one clock and the other, at most; a thread that was kept waiting between them reads them again. */
const APART_MS = 0.5
const TRIES = 5
/** A picture's age is told to people in whole tens of ms. */
const TOLD_MS = 20

/**
 * CLOCK_MONOTONIC in ms, with fractions (clock_gettime(2), by process.hrtime): the same clock in all processes of a
 * machine, whoever sets the time of day, and however long they run. For everything that is compared.
 */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** What performance.now() says in this thread when the monotonic clock says `monotonic`. */
export function localMsOf(monotonic: number): number {
  return monotonic - LOCAL_ZERO
}

/** What the monotonic clock says when performance.now() says `local` in this thread. */
export function monotonicMsOf(local: number): number {
  return local + LOCAL_ZERO
}

/** ms since the epoch, with fractions, of a moment of the monotonic clock: for people, and for the wire where it says so. */
export function epochMsOf(monotonic: number): number {
  if (Math.abs(Date.now() - monotonicMs() - epochOffset) > SET_MS) epochOffset = readOffset() ?? epochOffset
  return monotonic + epochOffset
}

/** ms since the epoch, with fractions, now. Not to be compared with anything of another process: see `monotonicMs`. */
export function epochMs(): number {
  return epochMsOf(monotonicMs())
}

/**
 * ms since the epoch as they were counted when this process began: RTP timestamps go on evenly when the clock is set,
 * since a receiver takes a jump for lost pictures.
 */
export function streamMsOf(monotonic: number): number {
  return monotonic + STREAM_OFFSET
}

/**
 * ms since the epoch, which go on evenly from the beginning of this process, whoever sets the clock. For how long
 * something has lasted that is kept over restarts: what was kept may lie in the future, where the clock was set back
 * between two of them.
 */
export function steadyEpochMs(): number {
  return streamMsOf(monotonicMs())
}

/** The time of day that deletes no more than it must: a clock that somebody sets to next year makes nothing old. */
export function retentionMs(): number {
  return Math.min(Date.now(), steadyEpochMs())
}

/** Whether the clock was set since this process began, so that `streamMsOf` does not say the time of day any more. */
export function isClockSet(): boolean {
  return Math.abs(epochMsOf(0) - STREAM_OFFSET) > TOLD_MS
}

const LOCAL_ZERO = monotonicMs() - performance.now()
const STREAM_OFFSET = readOffset() ?? performance.timeOrigin - LOCAL_ZERO
let epochOffset = STREAM_OFFSET

/** How far the epoch's clock is ahead of the monotonic one, ms; undefined while this thread is kept from reading both at once. */
function readOffset(): number | undefined {
  for (let left = TRIES; left > 0; left--) {
    const before = monotonicMs()
    // Cut to whole ms: on average half of one is missing.
    const wall = Date.now() + 0.5
    const after = monotonicMs()
    if (after - before < APART_MS) return wall - (before + after) / 2
  }
  return undefined
}
