import { afterEach, beforeEach, expect, it } from 'vitest'
import { openCamera } from '../../bridge/camera/device/device.ts'
import type { Device } from '../../bridge/device/device.ts'
import type { Topic } from '../../bridge/core/topic.ts'
import { answered } from '../../bridge/sfu/answered.ts'
import { type Media } from '../../bridge/sfu/media.ts'
import type { CameraState } from '../../shared/camera/camera.ts'
import {
  alive,
  cameraContext,
  cameraTopic,
  caller,
  handler,
  openMediaFor,
  simStart,
  until,
} from './media-rig.ts'

/** A second between two probes, two for the answer, and what it takes to start a worker. */
const BACK_MS = 10_000

let media: Media
let state: Topic<CameraState>
let camera: Device

beforeEach(async () => {
  state = cameraTopic()
  media = await openMediaFor(state)
  camera = await openCamera(simStart('h264'), cameraContext(media.publisher, state))
  await until(() => state.value.publication)
})

afterEach(async () => {
  const pids = media.workers()
  await camera[Symbol.asyncDispose]()
  await media[Symbol.asyncDispose]()
  await until(() => !pids.some(alive))
})

const join = () => handler(media.handlers, 'camera.join')({ camera: 'cam', quality: 'full' }, caller())

it(
  'replaces a worker that hangs, answers who waited for it, and shows the camera again',
  { timeout: 30_000 },
  async () => {
    const [hung = 0] = media.workers()
    process.kill(hung, 'SIGSTOP')
    const begun = performance.now()
    await expect(join()).rejects.toMatchObject({ code: 'media.unavailable', device: 'cam' })
    expect(performance.now() - begun).toBeLessThan(BACK_MS)
    await until(() => (state.value.publication?.generation ?? 0) > 1, BACK_MS)
    expect(alive(hung)).toBe(false)
    expect(media.workers()).not.toContain(hung)
    expect(await join()).toMatchObject({ generation: 2 })
  },
)

it('leaves no worker behind that hangs when the bench closes', async () => {
  const [hung = 0] = media.workers()
  process.kill(hung, 'SIGSTOP')
  await camera[Symbol.asyncDispose]()
  await media[Symbol.asyncDispose]()
  await until(() => !alive(hung))
})

it(
  'answers for mediasoup when it does not, and closes what comes too late',
  { timeout: 70_000 },
  async () => {
    const work = Promise.withResolvers<{ close: () => void }>()
    const closed = Promise.withResolvers<void>()
    await expect(answered(work.promise, 'a transport', 50)).rejects.toMatchObject({
      code: 'media.unavailable',
      message: expect.stringMatching(/^mediasoup's answer \(a transport\) took longer than .*: try again/),
    })
    work.resolve({ close: closed.resolve })
    await closed.promise
  },
)
