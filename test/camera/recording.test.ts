import { readFile, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { openCamera } from '../../bridge/camera/device/device.ts'
import type { Handlers } from '../../bridge/device/device.ts'
import type { Topic } from '../../bridge/core/topic.ts'
import type { Gallery } from '../../bridge/gallery/gallery.ts'
import type { CameraState, Codec } from '../../shared/camera/camera.ts'
import type { CameraStart } from '../../bridge/camera/frame/protocol.ts'
import { FakeCamera } from '../support/fake-camera.ts'
import { gallery } from '../support/gallery.ts'
import { boxesOf, play } from '../support/movie.ts'
import { RtspSource } from '../support/rtsp-source.ts'
import { readTiff } from '../support/tiff.ts'
import { cameraContext, cameraTopic, caller, handler, simStart, until } from '../sfu/media-rig.ts'

const publisher = { publish: () => ({ connect: async () => {}, produce: async () => '', close: () => {} }) }

interface Opened extends AsyncDisposable {
  commands: Handlers
  keeper: Gallery
  topic: Topic<CameraState>
}

async function camera(codec: Codec = 'h264'): Promise<Opened> {
  const keeper = await gallery()
  const topic = cameraTopic()
  const device = await openCamera(simStart(codec), cameraContext(publisher, topic, keeper))
  return {
    commands: device.commands,
    keeper,
    topic,
    [Symbol.asyncDispose]: () => device[Symbol.asyncDispose](),
  }
}

describe.concurrent('a recording', () => {
  it.each<Codec>(['h264', 'vp8'])(
    'of %s plays from its first to its last picture, though nobody watches',
    async (codec) => {
      await using cam = await camera(codec)
      const begun = await handler(cam.commands, 'camera.record.start')(
        { device: 'cam', note: 'dividing' },
        caller(),
      )
      expect(begun).toMatchObject({ kind: 'recording', phase: 'growing', who: 'ada' })
      await until(() => (cam.topic.value.recording?.frames ?? 0) > 40, 15_000)
      expect(cam.topic.value.recording).toMatchObject({ phase: 'running', id: begun.id, part: 1 })
      // Under way it plays to its last half second already.
      const told = cam.topic.value.recording?.durationMs ?? 0
      const growing = (await cam.keeper.paths(begun.id)).path
      expect((await play(growing)).lastMs).toBeGreaterThan(told - 500)
      const types = boxesOf(await readFile(growing)).map(({ type }) => type)
      expect(types.slice(0, 5)).toEqual(['ftyp', 'free', 'moov', 'moof', 'mdat'])
      const entry = await handler(cam.commands, 'camera.record.stop')({ device: 'cam' }, caller())
      expect(entry).toMatchObject({ id: begun.id, phase: 'whole', note: 'dividing', part: 1 })
      expect(cam.topic.value.recording?.phase).toBe('done')
      const { path, thumbnail } = await cam.keeper.paths(entry.id)
      expect(entry.bytes).toBe((await stat(path)).size)
      const movie = await play(path)
      expect(movie).toMatchObject({ width: 160, height: 120 })
      expect(movie.timesMs.length).toBe(entry.frames)
      expect(movie.timesMs[0]).toBe(0)
      expect(Math.abs(movie.lastMs - (entry.durationMs ?? 0))).toBeLessThan(200)
      expect((await readFile(thumbnail)).readUInt16BE()).toBe(0xffd8)
      // One that was ended by somebody is an ordinary file, in which a player can go anywhere.
      expect(boxesOf(await readFile(path)).map(({ type }) => type)).toEqual(['ftyp', 'mdat', 'moov'])
    },
    30_000,
  )

  it('of a network camera is of its own H.264 as it came, and a still of it is a picture', async () => {
    await using source = await RtspSource.start(30)
    const keeper = await gallery()
    const topic = cameraTopic()
    const start: CameraStart = {
      source: { kind: 'rtsp', url: source.url },
      codec: 'h264',
      bitrateKbps: 500,
      settings: {},
    }
    await using cam = await openCamera(start, cameraContext(publisher, topic, keeper))
    const { id } = await handler(cam.commands, 'camera.record.start')({ device: 'cam' }, caller())
    await until(() => (topic.value.recording?.frames ?? 0) > 40, 15_000)
    const still = await handler(cam.commands, 'camera.still')({ device: 'cam', format: 'tiff' }, caller())
    expect(still.facts).toMatchObject({ pixelFormat: 'i420' })
    const entry = await handler(cam.commands, 'camera.record.stop')({ device: 'cam' }, caller())
    expect(entry).toMatchObject({ id, facts: { encoder: 'the camera itself' } })
    const movie = await play((await keeper.paths(id)).path)
    expect(movie).toMatchObject({ width: 320, height: 240 })
    expect(movie.timesMs.length).toBe(entry.frames)
    const measured = handler(cam.commands, 'camera.record.start')(
      { device: 'cam', measured: 'tiff' },
      caller(),
    )
    await expect(measured).rejects.toMatchObject({ message: expect.stringContaining('no measured frames') })
    expect((await keeper.storage()).files).toBe(2)
  }, 40_000)

  it('of a GigE Vision camera has its video and each frame as it was measured, with its own time', async () => {
    await using _fake = await FakeCamera.start()
    const keeper = await gallery()
    const topic = cameraTopic()
    const region = { x: 0, y: 0, width: 256, height: 256 }
    const start: CameraStart = {
      source: { kind: 'aravis', camera: 'GV01' },
      codec: 'h264',
      bitrateKbps: 500,
      settings: { region, frameRate: 20 },
    }
    await using cam = await openCamera(start, cameraContext(publisher, topic, keeper))
    const begin = handler(cam.commands, 'camera.record.start')
    const { id, group = '' } = await begin({ device: 'cam', measured: 'tiff' }, caller())
    await until(() => (topic.value.recording?.frames ?? 0) > 20, 20_000)
    const { frames } = await handler(cam.commands, 'camera.record.stop')({ device: 'cam' }, caller())
    const movie = await play((await keeper.paths(id)).path)
    expect([movie.width, movie.timesMs.length]).toEqual([256, frames])
    const list = handler(keeper.handlers, 'media.list')
    const stack = (await list({ kind: 'stack', group, limit: 1 }, caller())).entries[0]!
    expect(stack.facts).toMatchObject({ exposureMs: 10, region })
    const pages = readTiff(await readFile((await keeper.paths(stack.id)).path))
    expect(pages.length).toBe(stack.frames)
    const times = pages.map(({ description }) => {
      const said = JSON.parse(description) as { deviceTimestampNs: string }
      return Number(BigInt(said.deviceTimestampNs) / 1000n)
    })
    expect(times.every((time, i) => i === 0 || time > times[i - 1]!)).toBe(true)
  }, 120_000)

  it('has the times at which its pictures were made', async () => {
    await using cam = await camera()
    await handler(cam.commands, 'camera.record.start')({ device: 'cam' }, caller())
    const set = handler(cam.commands, 'camera.set')
    await sleep(500)
    await set({ device: 'cam', exposureMs: 100 }, caller())
    await sleep(1000)
    const { id } = await handler(cam.commands, 'camera.record.stop')({ device: 'cam' }, caller())
    const { timesMs } = await play((await cam.keeper.paths(id)).path)
    const gaps = timesMs.slice(1).map((time, i) => time - timesMs[i]!)
    // A tenth of a second apart when each is exposed for so long.
    expect(gaps.at(-3)).toBeGreaterThan(80)
    expect(gaps.every((gap) => gap > 0)).toBe(true)
  })

  it('ends by itself when its time is over', async () => {
    await using cam = await camera()
    const { id } = await handler(cam.commands, 'camera.record.start')(
      { device: 'cam', durationS: 1 },
      caller(),
    )
    await until(() => cam.topic.value.recording?.phase === 'done', 8000)
    const { entry } = await cam.keeper.known(id)
    expect(entry.phase).toBe('whole')
    expect(entry.durationMs).toBeGreaterThan(500)
    expect(entry.durationMs).toBeLessThan(2500)
  })

  it('is one at a time, and what was not begun cannot be stopped', async () => {
    await using cam = await camera()
    const start = handler(cam.commands, 'camera.record.start')
    const stop = handler(cam.commands, 'camera.record.stop')
    await expect(stop({ device: 'cam' }, caller())).rejects.toMatchObject({ code: 'input.invalid' })
    await start({ device: 'cam' }, caller())
    await expect(start({ device: 'cam' }, caller())).rejects.toMatchObject({ code: 'device.busy' })
    await stop({ device: 'cam' }, caller())
  })
})
