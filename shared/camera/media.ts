/** RTP's clock for video, ticks a millisecond (RFC 3551 section 5). */
export const VIDEO_CLOCK_PER_MS = 90

/** The RTP timestamp of a frame made at `epochMs`: the wall clock itself, so that a viewer can tell the frame's age. */
export function rtpTimestampAt(epochMs: number): number {
  return Math.round(epochMs * VIDEO_CLOCK_PER_MS) % 2 ** 32
}

/** How old, in ms, the frame with this RTP timestamp is at `epochMs`; right for ages within ±6 hours. */
export function ageOfRtpTimestamp(timestamp: number, epochMs: number): number {
  return (((rtpTimestampAt(epochMs) - timestamp) % 2 ** 32) << 0) / VIDEO_CLOCK_PER_MS
}
