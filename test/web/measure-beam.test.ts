import { describe, expect, it } from 'vitest'
import { evenRandom, normalRandom } from '../../bridge/camera/frame/random.ts'
import { type Beam, measureBeam } from '../../web/camera/measure/beam.ts'
import type { Grey } from '../../web/camera/measure/statistics.ts'

interface Made {
  x: number
  y: number
  /** 1/e² diameters along its own axes: of a Gaussian beam they are its D4σ widths. */
  major: number
  minor: number
  /** Degrees. */
  angle: number
  peak: number
  offset: number
  noise: number
}

const BEAM: Made = {
  ...{ x: 301.3, y: 222.8, major: 120, minor: 70, angle: 25 },
  ...{ peak: 3000, offset: 150, noise: 12 },
}

/** A Gaussian beam on a 12-bit sensor with an offset and noise. */
function draw(beam: Made, width = 640, height = 480, seed = 7): Grey {
  const normal = normalRandom(evenRandom(seed))
  const turn = (beam.angle * Math.PI) / 180
  const samples = new Uint16Array(width * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [dx, dy] = [x + 0.5 - beam.x, y + 0.5 - beam.y]
      const along = (dx * Math.cos(turn) + dy * Math.sin(turn)) / (beam.major / 2)
      const across = (dy * Math.cos(turn) - dx * Math.sin(turn)) / (beam.minor / 2)
      const light = beam.peak * Math.exp(-2 * (along * along + across * across))
      const read = Math.round(light + beam.offset + normal() * beam.noise)
      samples[y * width + x] = Math.min(4095, Math.max(0, read))
    }
  }
  return { width, height, samples, full: 4095 }
}

function measured(made: Made, part?: Parameters<typeof measureBeam>[1]): Beam {
  const beam = measureBeam(draw(made), part)
  if (typeof beam === 'string') throw new Error(beam)
  return beam
}

const off = (value: number, wanted: number): number => Math.abs(value / wanted - 1)

describe('the beam by its second moments (ISO 11146)', () => {
  it.each<[string, Partial<Made>]>([
    ['an elliptical beam that lies aslant', {}],
    ['one that leans the other way', { angle: -60 }],
    ['a round one', { major: 90, minor: 90 }],
    ['a small one', { major: 16, minor: 12, noise: 5 }],
    ['a weak one', { peak: 400, noise: 5, major: 100, minor: 80 }],
    ['one on a high offset', { offset: 900 }],
    ['one without noise or offset', { offset: 0, noise: 0 }],
  ])('has the widths of %s within 2 %%', (_, change) => {
    const made = { ...BEAM, ...change }
    const beam = measured(made)
    expect(off(beam.major, made.major)).toBeLessThan(0.02)
    expect(off(beam.minor, made.minor)).toBeLessThan(0.02)
    expect(Math.hypot(beam.x - made.x, beam.y - made.y)).toBeLessThan(0.2)
    expect(Math.abs(beam.background - made.offset)).toBeLessThan(0.5)
    expect(beam.isCut).toBe(false)
  })

  it('has the angle of the major axis, from x towards y', () => {
    for (const angle of [-60, -10, 25, 80]) {
      expect(Math.abs(measured({ ...BEAM, angle }).angle - angle)).toBeLessThan(0.5)
    }
  })

  it('has the widths along the picture by the turned ellipse', () => {
    const beam = measured(BEAM)
    const turn = (BEAM.angle * Math.PI) / 180
    const x = Math.hypot(BEAM.major * Math.cos(turn), BEAM.minor * Math.sin(turn))
    const y = Math.hypot(BEAM.major * Math.sin(turn), BEAM.minor * Math.cos(turn))
    expect(off(beam.widthX, x)).toBeLessThan(0.02)
    expect(off(beam.widthY, y)).toBeLessThan(0.02)
  })

  it('finds it in a part of the picture, whatever shines elsewhere', () => {
    const grey = draw({ ...BEAM, major: 60, minor: 40 })
    grey.samples.fill(4000, 0, 640 * 40)
    const beam = measureBeam(grey, { x: 150, y: 90, width: 310, height: 280 }) as Beam
    expect(off(beam.major, 60)).toBeLessThan(0.02)
    expect(off(beam.minor, 40)).toBeLessThan(0.02)
  })

  it('says that a beam is cut whose integration area leaves the picture', () => {
    expect(measured({ ...BEAM, x: 60 }).isCut).toBe(true)
  })

  it('says that there is none in the dark, and in nothing', () => {
    expect(measureBeam(draw({ ...BEAM, peak: 0, noise: 0 }))).toBe('no beam above the background')
    expect(typeof measureBeam(draw({ ...BEAM, peak: 0 }))).toBe('string')
    expect(measureBeam(draw(BEAM), { x: 0, y: 0, width: 3, height: 3 })).toMatch('too small')
  })
})
