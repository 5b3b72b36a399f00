import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { CameraState } from '../../shared/camera/camera.ts'
import type { MediaEntry } from '../../shared/gallery/gallery.ts'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { childOf } from '../support/children.ts'
import { boxesOf, play } from '../support/movie.ts'
import { Client } from '../support/socket.ts'
import { readTiff } from '../support/tiff.ts'

const slide = { driver: 'camera.sim', width: 320, height: 240 }
/** Beyond the second that may be lost: a machine that is busy stamps a file late. */
const LOST_MS = 1000

async function stateOf(client: Client): Promise<CameraState> {
  return (await client.call('topic.read', { topic: 'camera/slide' })).snapshot as CameraState
}

async function ready(client: Client): Promise<void> {
  await expect.poll(async () => (await stateOf(client)).publication, { timeout: 20_000 }).toBeDefined()
}

/** Waits until so many frames of a recording that runs are kept. At 30 a second. */
async function kept(client: Client, frames: number, part = 1): Promise<void> {
  await expect
    .poll(async () => (await stateOf(client)).recording, { timeout: 20_000 })
    .toMatchObject({ phase: 'running', part, frames: expect.toSatisfy((n: number) => n >= frames) as number })
}

const pathOf = (bench: string, { id, takenAt, format }: MediaEntry): string =>
  join(
    dirname(bench),
    'data/gallery',
    new Date(takenAt).toISOString().slice(0, 10),
    `${id}.${format === 'mp4' ? 'mp4' : 'tif'}`,
  )

it("goes on as another part when the camera's process is killed, and loses a second of the first at most", async () => {
  const bench = await writeBench({ media: { port: 0, workers: 1 }, devices: { slide } })
  await using bridge = await startBridge(bench)
  using client = await Client.connect(bridge.ready.url)
  await ready(client)
  const begun = await client.call('camera.record.start', { device: 'slide', measured: 'tiff' })
  await kept(client, 15)
  process.kill(await childOf(bridge.pid, 'mediasoup-worker'), 'SIGKILL')
  // The recording does not go through the SFU.
  await kept(client, 45)
  const killedAt = Date.now()
  process.kill(await childOf(bridge.pid, 'camera/process/host'), 'SIGKILL')
  await kept(client, 0, 2)
  await kept(client, ((await stateOf(client)).recording?.frames ?? 0) + 36, 2)
  const second = await client.call('camera.record.stop', { device: 'slide' })
  expect(second).toMatchObject({ part: 2, phase: 'whole', group: begun.group })
  const { entries } = await client.call('media.list', { group: begun.group ?? '' })
  expect(entries.filter(({ kind }) => kind === 'recording')).toHaveLength(2)
  const first = entries.find(({ id }) => id === begun.id)!
  expect(first).toMatchObject({ phase: 'cut', ended: "the camera's process ended", part: 1 })
  const movie = await play(pathOf(bench, first))
  expect(killedAt - (first.takenAt + movie.lastMs)).toBeLessThan(LOST_MS)
  expect(Math.abs((first.durationMs ?? 0) - movie.lastMs)).toBeLessThan(LOST_MS)
  expect((await play(pathOf(bench, second))).timesMs.length).toBe(second.frames)
  const stack = entries.find(({ kind, part }) => kind === 'stack' && part === 1)!
  const pages = readTiff(await readFile(pathOf(bench, stack)))
  const told = pages.map(({ description }) => JSON.parse(description) as { takenAtMs: number; frame: number })
  expect(killedAt - (told.at(-1)?.takenAtMs ?? 0)).toBeLessThan(LOST_MS)
  expect(told.map(({ frame }) => frame)).toEqual(told.map((_, i) => told[0]!.frame + i))
  expect(pages.every(({ values }) => values.some((value) => value > 255))).toBe(true)
}, 60_000)

it('plays to its last second when the bridge is killed, and is closed in the gallery when it is back', async () => {
  const bench = await writeBench({ devices: { slide } })
  const bridge = await startBridge(bench)
  onTestFinished(() => void bridge.end('SIGKILL'))
  let begun: MediaEntry
  {
    using client = await Client.connect(bridge.ready.url)
    await ready(client)
    begun = await client.call('camera.record.start', { device: 'slide' })
    await kept(client, 54)
  }
  const killedAt = Date.now()
  await bridge.end('SIGKILL')
  const movie = await play(pathOf(bench, begun))
  expect(killedAt - (begun.takenAt + movie.lastMs)).toBeLessThan(LOST_MS)
  await using again = await startBridge(bench)
  using client = await Client.connect(again.ready.url)
  const { entries } = await client.call('media.list', {})
  expect(entries).toHaveLength(1)
  expect(entries[0]).toMatchObject({ id: begun.id, phase: 'cut', ended: 'the bridge ended' })
  expect(Math.abs((entries[0]?.durationMs ?? 0) - movie.lastMs)).toBeLessThan(LOST_MS)
}, 60_000)

it('is whole when the bridge is closed under way', async () => {
  const bench = await writeBench({ devices: { slide } })
  const bridge = await startBridge(bench)
  onTestFinished(() => void bridge.end('SIGKILL'))
  let begun: MediaEntry
  {
    using client = await Client.connect(bridge.ready.url)
    await ready(client)
    begun = await client.call('camera.record.start', { device: 'slide' })
    await kept(client, 30)
  }
  await bridge.end('SIGTERM')
  const path = pathOf(bench, begun)
  expect(boxesOf(await readFile(path)).at(-1)?.type).toBe('moov')
  expect((await play(path)).lastMs).toBeGreaterThan(800)
}, 60_000)

it('stops with a message that says what to do when the disk is full, and loses nothing that was written', async ({
  skip,
}) => {
  const bench = await writeBench({ recordings: { keepFreeGB: 0 }, devices: { slide } })
  const folder = join(dirname(bench), 'data/gallery')
  mkdirSync(folder, { recursive: true })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder], { stdio: 'pipe' })
  } catch (error) {
    return skip(`this needs a small disk, and may not mount one: ${String(error)}`)
  }
  onTestFinished(() => void execFileSync('umount', ['--lazy', folder]))
  await using bridge = await startBridge(bench)
  using client = await Client.connect(bridge.ready.url)
  await ready(client)
  const begun = await client.call('camera.record.start', { device: 'slide', measured: 'tiff' })
  await expect
    .poll(async () => (await stateOf(client)).recording, { timeout: 30_000 })
    .toMatchObject({ phase: 'cut' })
  const reason = (await stateOf(client)).recording?.reason ?? ''
  expect(reason).toContain('the disk is full')
  expect(reason).toContain(`${begun.id}.mp4 holds`)
  expect(reason).toContain('delete from the gallery')
  const { entries } = await client.call('media.list', { group: begun.group ?? '' })
  const video = entries.find(({ kind }) => kind === 'recording')!
  const stack = entries.find(({ kind }) => kind === 'stack')!
  expect(video).toMatchObject({ phase: 'cut', ended: reason })
  expect((await play(pathOf(bench, video))).timesMs.length).toBe(video.frames)
  expect(readTiff(await readFile(pathOf(bench, stack))).length).toBe(stack.frames)
  expect(video.frames).toBeGreaterThan(0)
  expect(stack.frames).toBeGreaterThan(10)
  await expect(client.call('camera.still', { device: 'slide' })).rejects.toMatchObject({
    code: 'storage.full',
  })
  // The camera has not noticed, and goes on once there is room.
  await client.call('media.remove', { id: stack.id })
  expect(await client.call('camera.still', { device: 'slide' })).toMatchObject({ phase: 'whole' })
}, 60_000)
