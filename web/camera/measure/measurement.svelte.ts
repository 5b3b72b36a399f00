import { tickingNow } from '../../link/ticker.svelte.ts'
import type { Asked } from './analysis.ts'
import type { Look } from './look.ts'
import { FrameFeed } from './feed.svelte.ts'
import type { Shapes, Tool } from './shapes.ts'
import type { Size } from './view.ts'

/** A frame is old that is this old and should have been followed by so many others. */
const OLD_MS = 2000
const PERIODS = 3

/** What a person has set and drawn on the page of one camera. */
export class Measurement {
  readonly feed: FrameFeed
  look = $state.raw<Look>({
    ...{ black: 0, white: 4095, gamma: 1, map: 'grey' },
    ...{ saturation: true, demosaic: true },
  })
  tool = $state<Tool>('move')
  shapes = $state.raw<Shapes>({})
  beam = $state(false)

  /** What the bridge says of a pixel, by which lengths are told. */
  pixelSizeNm: number | undefined = $derived.by(() => this.feed.header?.pixelSizeNm)
  /** The whole frame; nothing before the first. */
  frame: Size | undefined = $derived.by(() => {
    const { sensorWidth, sensorHeight } = this.feed.header ?? {}
    return sensorWidth && sensorHeight ? { width: sensorWidth, height: sensorHeight } : undefined
  })
  /** What a sample can reach. */
  full: number = $derived.by(() => 2 ** (this.feed.header?.bitDepth ?? 12) - 1)
  /** How long ago the newest frame came, ms; nothing before the first. */
  sinceMs: number | undefined = $derived.by(() => this.feed.header && tickingNow() - this.feed.shownAt)
  /** No frame has come for so long that they must have stopped. */
  isOld: boolean = $derived.by(
    () =>
      this.sinceMs !== undefined &&
      this.sinceMs > Math.max(OLD_MS, PERIODS * (1000 / (this.feed.fps ?? Infinity))),
  )
  asked: Asked = $derived.by(() => ({
    region: this.shapes.region,
    profile: this.shapes.profile,
    beam: this.beam,
  }))

  constructor(camera: string, onPicture: () => void) {
    this.feed = new FrameFeed(camera, onPicture)
  }

  /** Black and white where half a per cent of the pixels are beyond them. */
  levelsFromPicture(): void {
    const { low, high } = this.feed.analysis?.whole ?? { low: 0, high: this.full }
    this.look = { ...this.look, black: low, white: Math.max(low + 1, high) }
  }

  fullLevels(): void {
    this.look = { ...this.look, black: 0, white: this.full }
  }
}
