import { ageOfRtpTimestamp } from '../../../shared/camera/media.ts'
import { bridgeClock } from '../../link/clock.ts'
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
  /** From decoded to shown. */
  drawMs: number | undefined
}

/** Measures the picture that a video element shows and the way it takes there. */
export class Telemetry {
  shown = $state.raw<Shown>()
  link = $state.raw<LinkRates>()
  /** When the newest frame was shown, by this machine's clock; 0 before the first. */
  frameAt = 0
  #drawnAt: number[] = []
  readonly #onLink: (link: LinkRates) => void

  /** `onLink` hears of every reading of the link, once a second. */
  constructor(onLink: (link: LinkRates) => void = () => {}) {
    this.#onLink = onLink
  }

  /** Follows `video` until `signal` aborts. `onFrame` hears of every frame; frames are stamped if `stamped()`. */
  follow(
    video: HTMLVideoElement,
    receiver: RTCRtpReceiver,
    signal: AbortSignal,
    { stamped, onFrame }: { stamped: () => boolean; onFrame: () => void },
  ): void {
    let began: { at: number; frames: number } | undefined
    let ages: number[] = []
    let draws: number[] = []
    const take: VideoFrameRequestCallback = (now, frame) => {
      if (signal.aborted) return
      video.requestVideoFrameCallback(take)
      this.frameAt = Date.now()
      onFrame()
      if (frame.rtpTimestamp !== undefined && stamped()) {
        ages.push(ageOfRtpTimestamp(frame.rtpTimestamp, bridgeClock.now()))
      }
      // Chromium's own time of the end of decoding, on the clock of performance.now().
      if (frame.receiveTime !== undefined && frame.processingDuration !== undefined)
        draws.push(Math.max(0, frame.expectedDisplayTime - frame.presentationTime))
      began ??= { at: now, frames: frame.presentedFrames }
      if (now - began.at < WINDOW_MS / 2) return
      const fps = ((frame.presentedFrames - began.frames) * 1000) / (now - began.at)
      this.shown = {
        fps,
        width: frame.width,
        height: frame.height,
        latencyMs: median(ages),
        drawMs: median(draws),
      }
      began = { at: now, frames: frame.presentedFrames }
      ages = []
      draws = []
    }
    video.requestVideoFrameCallback(take)
    this.#poll(receiver, signal)
  }

  /** A picture has been drawn into this canvas, so old: what video says of itself, counted by hand. */
  drawn({ width, height }: HTMLCanvasElement, latencyMs: number): void {
    const now = performance.now()
    this.frameAt = Date.now()
    this.#drawnAt = [...this.#drawnAt.filter((at) => now - at < WINDOW_MS), now]
    this.shown = { fps: this.#drawnAt.length, width, height, latencyMs, drawMs: undefined }
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
        if (now && before) {
          this.link = linkRates(before, now)
          this.#onLink(this.link)
        }
        before = now
      })
    }, STATS_EVERY_MS)
    signal.addEventListener('abort', () => clearInterval(timer))
  }
}

function median(values: number[]): number | undefined {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)]
}
