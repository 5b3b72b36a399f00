import type { FrameHeader } from '../../../shared/camera/frame-header.ts'
import { type Beam, measureBeam } from './beam.ts'
import { greyOf, type Picture } from './decode.ts'
import { type Line, type Point, type Profile, profileAlong } from './profile.ts'
import { countValues, type Counted, type Grey, type Rect, type RegionStatistics } from './statistics.ts'

/** What is to be measured. Places count in pixels of the whole frame, so that they stay when another part is sent. */
export interface Asked {
  region?: Rect | undefined
  profile?: Line | undefined
  beam: boolean
}

/** What was measured, in the same pixels; a string says why there is no beam. */
export interface Analysis {
  whole: Counted
  region?: RegionStatistics | undefined
  profile?: Profile | undefined
  beam?: Beam | string | undefined
  /** How long that took, ms. */
  tookMs: number
}

/** Where a place of the whole frame lies in what was sent. */
export function toSent({ x, y, step }: FrameHeader, point: Point): Point {
  return { x: (point.x - x) / step, y: (point.y - y) / step }
}

/** Where a place in what was sent lies in the whole frame. */
export function toWhole({ x, y, step }: FrameHeader, point: Point): Point {
  return { x: point.x * step + x, y: point.y * step + y }
}

function rectToSent(header: FrameHeader, { width, height, ...corner }: Rect): Rect {
  return { ...toSent(header, corner), width: width / header.step, height: height / header.step }
}

/** Measures on a picture. */
export function analyse(picture: Picture, { region, profile, beam }: Asked): Analysis {
  const begun = performance.now()
  const { header } = picture
  const { width, height, step, bitDepth } = header
  const grey: Grey = { width, height, samples: greyOf(picture), full: 2 ** bitDepth - 1 }
  const part = region && rectToSent(header, region)
  const along =
    profile && profileAlong(grey, { from: toSent(header, profile.from), to: toSent(header, profile.to) })
  return {
    whole: countValues(grey, undefined),
    region: part && countValues(grey, part).statistics,
    profile: along && { values: along.values, distances: along.distances.map((distance) => distance * step) },
    beam: beam ? scaled(measureBeam(grey, part), header) : undefined,
    tookMs: performance.now() - begun,
  }
}

function scaled(beam: Beam | string, header: FrameHeader): Beam | string {
  if (typeof beam === 'string') return beam
  const { step } = header
  return {
    ...beam,
    ...toWhole(header, beam),
    major: beam.major * step,
    minor: beam.minor * step,
    widthX: beam.widthX * step,
    widthY: beam.widthY * step,
  }
}
