import { ageOfRtpTimestamp } from '../../shared/media.ts'
import { bridgeClock } from '../lib/clock.ts'
import { linkRates, readLinkStats, type LinkRates, type LinkStats } from './link-stats.ts'

const WINDOW_MS = 1000
const STATS_EVERY_MS = 1000

/** What is measured at the picture itself, about twice a second. */
interface Shown {
  fps: number
  width: number
  height: number
  /** From the making of a frame to its being shown: the middle one of the last second. */
  latencyMs: number | undefined
}

/** Measures the picture that a video element shows and the way it takes there. */
export class Telemetry {
  shown = $state.raw<Shown>()
  link = $state.raw<LinkRates>()
  /** When the newest frame was shown, by this machine's clock; 0 before the first. */
  frameAt = 0

  /** Follows `video` until `signal` aborts. `onFrame` hears of every frame; frames are stamped if `stamped()`. */
  follow(
    video: HTMLVideoElement,
    receiver: RTCRtpReceiver,
    signal: AbortSignal,
    { stamped, onFrame }: { stamped: () => boolean; onFrame: () => void },
  ): void {
    let began: { at: number; frames: number } | undefined
    let ages: number[] = []
    const take: VideoFrameRequestCallback = (now, frame) => {
      if (signal.aborted) return
      video.requestVideoFrameCallback(take)
      this.frameAt = Date.now()
      onFrame()
      if (frame.rtpTimestamp !== undefined && stamped()) {
        ages.push(ageOfRtpTimestamp(frame.rtpTimestamp, bridgeClock.now()))
      }
      began ??= { at: now, frames: frame.presentedFrames }
      if (now - began.at < WINDOW_MS / 2) return
      const fps = ((frame.presentedFrames - began.frames) * 1000) / (now - began.at)
      this.shown = { fps, width: frame.width, height: frame.height, latencyMs: median(ages) }
      began = { at: now, frames: frame.presentedFrames }
      ages = []
    }
    video.requestVideoFrameCallback(take)
    this.#poll(receiver, signal)
  }

  /** There is no picture: nothing that was measured is true any more. */
  clear(): void {
    this.shown = undefined
    this.link = undefined
  }

  #poll(receiver: RTCRtpReceiver, signal: AbortSignal): void {
    let before: LinkStats | undefined
    const timer = setInterval(() => {
      void receiver.getStats().then((report) => {
        if (signal.aborted) return
        const now = readLinkStats(report)
        if (now && before) this.link = linkRates(before, now)
        before = now
      })
    }, STATS_EVERY_MS)
    signal.addEventListener('abort', () => clearInterval(timer))
  }
}

function median(values: number[]): number | undefined {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)]
}
