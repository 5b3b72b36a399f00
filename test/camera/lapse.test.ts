import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Lapse } from '../../bridge/camera/features/lapse/lapse.ts'
import type { Gallery } from '../../bridge/gallery/gallery.ts'
import type { MediaEntry } from '../../shared/gallery/gallery.ts'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { gallery } from '../support/gallery.ts'
import { openTables } from '../support/tables.ts'
import { Client } from '../support/socket.ts'
import { cameraContext, cameraTopic, caller, handler, until } from '../sfu/media-rig.ts'

const publisher = { publish: () => expect.unreachable('a time lapse publishes no video') }

/** A time lapse whose stills take `ms`, or fail. */
function lapse(
  keeper: Gallery,
  take: () => Promise<void>,
  topic = cameraTopic(),
): { lapse: Lapse; topic: typeof topic; taken: number[] } {
  const taken: number[] = []
  const made = new Lapse(cameraContext(publisher, topic, keeper), async ({ part }) => {
    await take()
    taken.push(part ?? 0)
    return {} as MediaEntry
  })
  return { lapse: made, topic, taken }
}

it('keeps real stills as a series over a restart of the bridge', async () => {
  const bench = await writeBench({ devices: { slide: { driver: 'camera.sim', width: 160, height: 120 } } })
  const stills = async (client: Client): Promise<MediaEntry[]> =>
    (await client.call('media.list', { kind: 'still' })).entries
  let group: string
  {
    await using bridge = await startBridge(bench)
    using client = await Client.connect(bridge.ready.url)
    await expect
      .poll(
        () =>
          client.call('camera.lapse.start', { device: 'slide', everyS: 0.5, format: 'png' }).then(
            () => 'runs',
            () => 'not yet',
          ),
        { timeout: 20_000 },
      )
      .toBe('runs')
    await expect.poll(async () => (await stills(client)).length, { timeout: 10_000 }).toBeGreaterThan(1)
    group = (await stills(client))[0]?.group ?? ''
    await bridge.end('SIGKILL')
  }
  // Until one was due that nobody took.
  await new Promise((resolve) => setTimeout(resolve, 1000))
  await using bridge = await startBridge(bench)
  using client = await Client.connect(bridge.ready.url)
  const before = (await stills(client)).length
  await expect.poll(async () => (await stills(client)).length, { timeout: 20_000 }).toBeGreaterThan(before)
  expect(new Set((await stills(client)).map((entry) => entry.group))).toEqual(new Set([group]))
  const end = await client.call('camera.lapse.stop', { device: 'slide' })
  expect(end.missed).toBeGreaterThan(0)
}, 60_000)

it.concurrent('takes so many, the first at once, and is done', async () => {
  const { lapse: one, topic, taken } = lapse(await gallery(), () => Promise.resolve())
  const start = handler(one.commands, 'camera.lapse.start')
  const state = await start({ device: 'cam', everyS: 0.5, count: 3, format: 'jpeg' }, caller())
  expect(state).toMatchObject({ phase: 'running', of: 3, taken: 0, missed: 0 })
  await expect(start({ device: 'cam', everyS: 1, format: 'jpeg' }, caller())).rejects.toMatchObject({
    code: 'device.busy',
  })
  await until(() => topic.value.lapse?.phase === 'done')
  expect(topic.value.lapse).toMatchObject({ taken: 3, missed: 0 })
  expect(taken).toEqual([1, 2, 3])
})

it.concurrent('counts one that could not be taken, says why, and goes on', async () => {
  let turn = 0
  const { lapse: one, topic } = lapse(await gallery(), () =>
    ++turn === 1 ? Promise.reject(new Error('the camera was starting again')) : Promise.resolve(),
  )
  await handler(one.commands, 'camera.lapse.start')(
    { device: 'cam', everyS: 0.5, count: 2, format: 'png' },
    caller(),
  )
  await until(() => topic.value.lapse?.missed === 1)
  expect(topic.value.lapse?.problem).toContain('starting again')
  await until(() => topic.value.lapse?.phase === 'done')
  expect(topic.value.lapse).toMatchObject({ taken: 1, missed: 1 })
})

it.concurrent(
  'misses those that were due while one took too long, and never hurries after them',
  async () => {
    let turn = 0
    const {
      lapse: one,
      topic,
      taken,
    } = lapse(await gallery(), () =>
      ++turn === 1 ? new Promise((resolve) => setTimeout(resolve, 1700)) : Promise.resolve(),
    )
    await handler(one.commands, 'camera.lapse.start')(
      { device: 'cam', everyS: 0.5, untilS: 2.4, format: 'png' },
      caller(),
    )
    await until(() => topic.value.lapse?.phase === 'done', 8000)
    const { taken: count, missed, of } = topic.value.lapse!
    expect([count + missed, of]).toEqual([5, 5])
    expect(missed).toBeGreaterThanOrEqual(2)
    expect(taken[1]).toBeGreaterThanOrEqual(4)
  },
)

it.concurrent('goes on after a restart, and has missed what was due meanwhile', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lightbench-'))
  await using tables = await openTables(join(folder, 'lightbench.db'))
  const path = join(folder, 'gallery')
  const first = lapse(await gallery({ tables, path }), () => Promise.resolve())
  await handler(first.lapse.commands, 'camera.lapse.start')(
    { device: 'cam', everyS: 0.5, count: 50, format: 'png' },
    caller(),
  )
  await until(() => first.topic.value.lapse?.taken === 1)
  first.lapse[Symbol.dispose]()
  await tables.flushed()
  await new Promise((resolve) => setTimeout(resolve, 1600))
  const second = lapse(await gallery({ tables, path }), () => Promise.resolve())
  second.lapse.resume()
  await until(() => (second.topic.value.lapse?.taken ?? 0) > 1)
  expect(second.topic.value.lapse).toMatchObject({ phase: 'running', group: first.topic.value.lapse?.group })
  expect(second.topic.value.lapse?.missed).toBeGreaterThanOrEqual(2)
  const stopped = await handler(second.lapse.commands, 'camera.lapse.stop')({ device: 'cam' }, caller())
  expect(stopped.phase).toBe('stopped')
  second.lapse.resume()
  await expect(
    handler(second.lapse.commands, 'camera.lapse.stop')({ device: 'cam' }, caller()),
  ).rejects.toMatchObject({
    code: 'input.invalid',
  })
})
