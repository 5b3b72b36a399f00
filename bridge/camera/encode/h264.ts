import { existsSync } from 'node:fs'
import type { EncoderSettings, Report } from '../frame/encode.ts'
import { NAL, nalType, splitAnnexB } from './nal.ts'
import { type EncoderKind, VideoEncoder } from './video-encoder.ts'

/** Up to so many pixels a second (1280x720 at 30) x264 has time to look at them twice, which spares the picture its blocks. */
const UNHURRIED = 1280 * 720 * 30

function x264({ width, height, fps }: EncoderSettings): EncoderKind {
  const preset = width * height * fps <= UNHURRIED ? 'superfast' : 'ultrafast'
  const options = { preset, tune: 'zerolatency', profile: 'baseline', 'forced-idr': '1' }
  return { name: 'libx264', pixelFormat: 'i420', options }
}

/** Encoders in hardware that take pictures from ordinary memory, by the device node that they need. */
const HARDWARE: { node: string; kind: EncoderKind }[] = [
  {
    node: '/dev/nvidia0',
    kind: {
      name: 'h264_nvenc',
      pixelFormat: 'i420',
      options: {
        preset: 'p1',
        tune: 'ull',
        profile: 'baseline',
        rc: 'cbr',
        zerolatency: '1',
        delay: '0',
        'forced-idr': '1',
      },
    },
  },
  {
    node: '/dev/dri/renderD128',
    kind: {
      name: 'h264_qsv',
      pixelFormat: 'nv12',
      options: { preset: 'veryfast', profile: 'baseline', async_depth: '1', low_power: '1', forced_idr: '1' },
    },
  },
]

/** An encoder, and why it is the one. */
export interface ChosenEncoder {
  encoder: VideoEncoder
  name: string
  reason: string
}

/** The quickest H.264 encoder of this machine that really encodes: hardware if there is some, else x264. */
export async function openH264(settings: EncoderSettings, report: Report): Promise<ChosenEncoder> {
  const present = HARDWARE.filter(({ node }) => existsSync(node))
  const failures: string[] = []
  for (const { node, kind } of present) {
    try {
      await tryOut(kind, settings)
      return {
        encoder: await VideoEncoder.open(kind, settings),
        name: kind.name,
        reason: `${node} is there and works`,
      }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      failures.push(`${kind.name} does not work (${message})`)
      report('warn', `${kind.name} with ${node}: ${message}`)
    }
  }
  const reason =
    failures.join('; ') || `none of ${HARDWARE.map(({ node }) => node).join(', ')} on this machine`
  const software = x264(settings)
  return { encoder: await VideoEncoder.open(software, settings), name: software.name, reason }
}

// Drivers open well and then fail, or hold pictures back: what counts is a key frame from one picture.
async function tryOut(kind: EncoderKind, settings: EncoderSettings): Promise<void> {
  const encoder = await VideoEncoder.open(kind, settings)
  try {
    const gray = new Uint8Array((settings.width * settings.height * 3) / 2).fill(128)
    const first = await encoder.encode(gray, true)
    if (!first) throw new Error('it keeps pictures back')
    if (!splitAnnexB(first.data).some((unit) => nalType(unit) === NAL.idr))
      throw new Error('its first picture is no key frame')
  } finally {
    encoder.close()
  }
}
