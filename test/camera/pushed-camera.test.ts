import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { VideoFile } from '../../bridge/camera/kinds/file/video-file.ts'
import type { Device } from '../../bridge/device/device.ts'
import type { Topic } from '../../bridge/core/topic.ts'
import cameraRtp from '../../bridge/camera/kinds/pushed/rtp-source.ts'
import type { Media } from '../../bridge/sfu/media.ts'
import type { Gallery } from '../../bridge/gallery/gallery.ts'
import type { CameraState, Codec } from '../../shared/camera/camera.ts'
import { gallery } from '../support/gallery.ts'
import { boxesOf } from '../support/movie.ts'
import { cameraContext, cameraTopic, caller, handler, openMediaFor, until } from '../sfu/media-rig.ts'

let media: Media
let state: Topic<CameraState>
let keeper: Gallery
let camera: Device
let sources: ChildProcess[]
let rtcpPort: number

beforeEach(async () => {
  sources = []
  state = cameraTopic()
  keeper = await gallery()
  media = await openMediaFor(state)
  rtcpPort = await freePort()
})

afterEach(async () => {
  for (const source of sources) await end(source)
  await camera[Symbol.asyncDispose]()
  await media[Symbol.asyncDispose]()
})

async function open(codec: Codec): Promise<void> {
  const config = cameraRtp.config.parse({ port: 0, rtcpPort, codec })
  camera = await cameraRtp.open(config, cameraContext(media.publisher, state, keeper))
}

async function end(source: ChildProcess): Promise<void> {
  if (source.exitCode !== null || source.signalCode !== null) return
  const gone = once(source, 'exit')
  source.kill('SIGKILL')
  await gone
}

/** A UDP port that was free a moment ago. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  await new Promise<void>((resolve) => socket.close(() => resolve()))
  return port
}

const ENCODERS: Record<Codec, string> = {
  h264: `x264enc tune=zerolatency speed-preset=ultrafast key-int-max=100000 bitrate=800
    ! video/x-h264,profile=constrained-baseline ! rtph264pay pt=104 mtu=600 config-interval=-1`,
  vp8: 'vp8enc deadline=1 cpu-used=8 keyframe-max-dist=100000 target-bitrate=800000 ! rtpvp8pay pt=104 mtu=600',
}

/** GStreamer with colour bars, and with a key frame at its beginning and then only when it is asked for one. */
function push(codec: Codec, width = 320, height = 240): ChildProcess {
  const to = `host=127.0.0.1 port=${state.value.inlet?.at.split(':')[1] ?? ''}`
  const pipeline = `rtpbin name=r rtp-profile=avpf
    videotestsrc is-live=true pattern=smpte ! video/x-raw,width=${width},height=${height},framerate=20/1
    ! ${ENCODERS[codec]} ! r.send_rtp_sink_0
    r.send_rtp_src_0 ! udpsink ${to}
    r.send_rtcp_src_0 ! udpsink ${to} sync=false async=false
    udpsrc port=${rtcpPort} ! r.recv_rtcp_sink_0`
  const source = spawn('gst-launch-1.0', ['-q', ...pipeline.trim().split(/\s+/)], { stdio: 'inherit' })
  sources.push(source)
  return source
}

/** Every picture's brightness in the leftmost bar, which is white, and in the rightmost, which is blue. */
async function barsOf(path: string): Promise<{ size: string; bars: [white: number, blue: number][] }> {
  const { signal } = new AbortController()
  const file = await VideoFile.open(path, false, signal)
  try {
    const bars: [number, number][] = []
    for (;;) {
      const next = await file.next(signal)
      if (!next) return { size: `${file.width}x${file.height}`, bars }
      const { data, linesize, width, height } = next.frame
      const row = Math.floor(height * 0.3) * linesize[0]!
      bars.push([data![0]![row + Math.floor(width * 0.05)]!, data![0]![row + Math.floor(width * 0.95)]!])
    }
  } finally {
    await file[Symbol.asyncDispose]()
  }
}

const areBars = ([white, blue]: [number, number]): boolean => white > 220 && blue > 15 && blue < 60

async function record(): Promise<string> {
  const { id } = await handler(camera.commands, 'camera.record.start')({ device: 'cam' }, caller())
  return id
}

describe('a camera that is pushed to', { timeout: 60_000 }, () => {
  it.each<Codec>(['h264', 'vp8'])('gives stills, JPEGs and recordings of %s', async (codec) => {
    await open(codec)
    const still = handler(camera.commands, 'camera.still')
    await expect(still({ device: 'cam', format: 'jpeg' }, caller())).rejects.toMatchObject({
      code: 'media.unavailable',
      message: expect.stringContaining('nobody is publishing'),
    })
    await expect(record()).rejects.toMatchObject({ code: 'media.unavailable' })

    push(codec)
    await until(() => state.value.encoder, 20_000)
    expect(state.value).toMatchObject({
      width: 320,
      height: 240,
      encoder: { name: 'whoever publishes', codec },
    })
    expect(state.value.nominalFps).toBeGreaterThan(10)
    await until(() => (state.value.rates?.captureFps ?? 0) > 5 && (state.value.rates?.kbps ?? 0) > 0, 10_000)

    const taken = await still({ device: 'cam', format: 'jpeg' }, caller())
    const picture = await barsOf((await keeper.paths(taken.id)).path)
    expect(picture.size).toBe('320x240')
    expect(picture.bars.map(areBars)).toEqual([true])

    const id = await record()
    const jpegs: Uint8Array[] = []
    const unlisten = camera.jpegs?.((jpeg) => jpegs.push(jpeg))
    await until(() => jpegs.length > 2, 10_000)
    unlisten?.()
    await until(() => (state.value.recording?.frames ?? 0) > 30, 20_000)
    const entry = await handler(camera.commands, 'camera.record.stop')({ device: 'cam' }, caller())
    expect(entry).toMatchObject({ id, phase: 'whole' })
    if (codec === 'h264') expect(entry.facts).toMatchObject({ encoder: 'whoever publishes' })
    const { path } = await keeper.paths(id)
    expect(boxesOf(await readFile(path)).map(({ type }) => type)).toEqual(['ftyp', 'mdat', 'moov'])
    const { bars, size } = await barsOf(path)
    expect(size).toBe('320x240')
    expect(bars.length).toBe(entry.frames)
    expect(bars.every(areBars)).toBe(true)
    expect(state.value.lostFrames).toBe(0)
    expect(state.value.halfPublication).toBeUndefined()
    expect(state.value.publication?.generation).toBe(1)
  })

  it('goes on with its recording as another part when somebody publishes again, in another size, too', async () => {
    await open('h264')
    const first = push('h264')
    await until(() => state.value.encoder, 20_000)
    const id = await record()
    await until(() => (state.value.recording?.frames ?? 0) > 5, 20_000)
    await end(first)
    await until(() => state.value.recording?.phase === 'waiting', 15_000)
    expect(state.value.inlet).not.toHaveProperty('by')
    await until(() => state.value.rates === undefined, 10_000)
    expect((await barsOf((await keeper.paths(id)).path)).bars.length).toBeGreaterThan(5)

    push('h264', 160, 120)
    await until(() => state.value.recording?.part === 2 && state.value.recording.phase === 'running', 25_000)
    const entry = await handler(camera.commands, 'camera.record.stop')({ device: 'cam' }, caller())
    expect(entry).toMatchObject({ part: 2, phase: 'whole', width: 160 })
    expect((await barsOf((await keeper.paths(entry.id)).path)).size).toBe('160x120')
  })
})
