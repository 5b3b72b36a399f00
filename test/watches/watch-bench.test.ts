import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { WatchDraft } from '../../shared/watches/watch.ts'
import { startBridge, startCtp10, writeBench } from '../support/bench-process.ts'
import { Client } from '../support/socket.ts'
import { BY_HAND, Follower } from './watch-rig.ts'

let instrument: Awaited<ReturnType<typeof startCtp10>>
let bridge: Awaited<ReturnType<typeof startBridge>>
let file: string
let watcher: Follower
let other: Follower
/** Who has the lease. */
let operator: Client

beforeAll(async () => {
  instrument = await startCtp10(['--speed-up', '200'])
  file = await writeBench({
    devices: {
      cam: { driver: 'camera.sim', width: 160, height: 120 },
      dut: { driver: 'instrument.exfo-ctp10', resource: instrument.ready.resource },
    },
  })
  bridge = await startBridge(file)
  watcher = await Follower.open(bridge.ready.url)
  other = await Follower.open(bridge.ready.url)
  operator = await Client.operate(bridge.ready.url)
  await ready('camera/cam')
  await ready('instrument/dut')
}, 60_000)

afterAll(async () => {
  operator[Symbol.dispose]()
  watcher[Symbol.dispose]()
  other[Symbol.dispose]()
  await bridge[Symbol.asyncDispose]()
  await instrument[Symbol.asyncDispose]()
})

async function ready(topic: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const { snapshot } = await watcher.client.call('topic.read', { topic })
      expect(snapshot).toMatchObject({ lifecycle: { phase: 'ready' } })
    },
    { timeout: 20_000, interval: 100 },
  )
}

function draft(what: WatchDraft['what'], more: Partial<WatchDraft> = {}): WatchDraft {
  return { name: `a ${what.kind}`, schedule: BY_HAND, what, ...more }
}

describe('a reading', () => {
  it('fails beyond its limit and recovers, in every open page, with events for both', async () => {
    const reading = {
      kind: 'reading',
      device: 'cam',
      source: { from: 'topic', path: 'settings.gainDb' },
    } as const
    const id = await watcher.save(
      draft({ ...reading, condition: { is: 'above', limit: 5, clearAt: 2 } }, { schedule: { everyS: 0.2 } }),
    )
    await watcher.until(id, ({ outcome }) => outcome === 'ok')
    await operator.call('camera.set', { device: 'cam', gainDb: 6 })
    expect((await other.until(id, ({ outcome }) => outcome === 'failing')).reason).toBe('6 is above 5')
    await operator.call('camera.set', { device: 'cam', gainDb: 3 })
    await watcher.until(id, ({ value }) => value === 3)
    expect(watcher.status(id).reason).toBe('3 is above 2')
    await operator.call('camera.set', { device: 'cam', gainDb: 1 })
    await other.until(id, ({ outcome }) => outcome === 'ok')
    await vi.waitFor(() => {
      const kinds = Object.values(other.all.events).filter((event) => event.watch === id)
      expect(kinds.map(({ kind }) => kind)).toEqual(['failed', 'recovered'])
    })
    expect(other.all.counts).toEqual(watcher.all.counts)
    const sparks = await watcher.client.call('watch.sparks', { ids: [id], points: 100 })
    expect(sparks[id]?.map(({ value }) => value)).toEqual(expect.arrayContaining([6, 3, 1]))
    await watcher.client.call('watch.pause', { ids: [id], paused: true })
  })

  it('takes a power of the instrument, and fails for one that is not there', async () => {
    const power = (channel: number): WatchDraft =>
      draft({
        kind: 'reading',
        device: 'dut',
        source: { from: 'power', channel },
        condition: { is: 'outside', min: -200, max: 30 },
      })
    expect(await watcher.check(await watcher.save(power(1)))).toMatchObject({ outcome: 'ok', unit: 'dBm' })
    expect((await watcher.check(await watcher.save(power(60)))).reason).toMatch(/no power on channel 60/)
  })

  it('fails only after its tries, and tells of a value that sticks', async () => {
    const id = await watcher.save(
      draft(
        {
          kind: 'reading',
          device: 'cam',
          source: { from: 'topic', path: 'width' },
          condition: { is: 'stuck', forS: 0.05 },
        },
        { retries: { times: 1, afterS: 0.1 } },
      ),
    )
    expect((await watcher.check(id)).outcome).toBe('ok')
    await new Promise((resolve) => setTimeout(resolve, 60))
    await watcher.client.call('watch.check', { ids: [id] })
    const failing = await watcher.until(id, ({ outcome }) => outcome === 'failing')
    expect(failing).toMatchObject({ checks: 3, failures: 2 })
  })
})

describe('a picture', () => {
  it('tells of what has changed in its region, and where', async () => {
    const id = await watcher.save(
      draft({
        kind: 'picture',
        device: 'cam',
        region: { x: 0, y: 0, width: 160, height: 120 },
        condition: { is: 'changed', share: 0.3, by: 0.1 },
      }),
    )
    expect(await watcher.check(id)).toMatchObject({ outcome: 'ok', value: 0 })
    await operator.call('camera.set', { device: 'cam', exposureMs: 33, gainDb: 20 })
    await vi.waitFor(async () => expect((await watcher.check(id)).unseen).toBe(1), {
      timeout: 10_000,
      interval: 200,
    })
    const [newest] = await watcher.client.call('watch.history', { id, only: 'news' })
    const snapshot = await watcher.client.call('watch.snapshot', { id, seq: newest!.seq })
    expect(snapshot).toMatchObject({ kind: 'image', width: 160, height: 120 })
    if (snapshot.kind !== 'image') throw new Error('unreachable')
    expect(snapshot.share).toBeGreaterThan(0.3)
    expect(snapshot.changed?.width).toBeGreaterThan(50)
    expect((await fetch(bridge.ready.url + snapshot.path)).headers.get('content-type')).toBe('image/png')
    await operator.call('camera.set', { device: 'cam', exposureMs: 5, gainDb: 0 })
  })

  it.each([
    [{ is: 'dark', below: 1 }, /below 1/],
    [{ is: 'bright', above: 0 }, /above 0/],
    [{ is: 'blurred', below: 1e9 }, /sharpness/],
    [{ is: 'spotMoved', x: -1000, y: -1000, by: 3 }, /px away|no spot/],
  ] as const)('fails when it is %o', async (condition, reason) => {
    const id = await watcher.save(draft({ kind: 'picture', device: 'cam', condition }))
    expect(await watcher.check(id)).toMatchObject({
      outcome: 'failing',
      reason: expect.stringMatching(reason) as string,
    })
  })

  it('is tried as a draft, and shown, without a trace of it', async () => {
    const trial = await watcher.client.call('watch.try', {
      draft: draft({ kind: 'picture', device: 'cam', condition: { is: 'dark', below: 0.0001 } }),
    })
    expect(trial).toMatchObject({ outcome: 'ok', snapshot: { kind: 'image', seq: 0 } })
    const { snapshot } = trial
    expect((await fetch(bridge.ready.url + (snapshot?.kind === 'image' ? snapshot.path : ''))).status).toBe(
      200,
    )
  })
})

describe('a trace', () => {
  it('is read from the instrument, and fails beyond the mask around its reference', async () => {
    using _ = await operator.beats()
    await operator.call('sweep.start', {
      device: 'dut',
      startNm: 1540,
      stopNm: 1545,
      samplingPm: 10,
      speedNmPerS: 100,
    })
    await vi.waitFor(
      async () => {
        const { snapshot } = await operator.call('topic.read', { topic: 'instrument/dut' })
        expect(snapshot['sweep']).toMatchObject({ phase: 'done' })
      },
      { timeout: 20_000, interval: 100 },
    )
    const reference = await operator.call('trace.read', { device: 'dut', channel: 1 })
    const source = { from: 'ctp10', channel: 1, type: 1 } as const
    const deviates = (above: number): WatchDraft =>
      draft({
        kind: 'trace',
        device: 'dut',
        source,
        condition: { is: 'deviates', reference: reference.id, above, below: 3 },
      })
    const same = await watcher.check(await watcher.save(deviates(3)))
    expect(same).toMatchObject({ outcome: 'ok', unit: 'dB' })
    const id = await watcher.save(
      draft({
        kind: 'trace',
        device: 'dut',
        source: { from: 'newest', channel: 1 },
        condition: { is: 'peakMoved', peak: 'dip', near: 1.5e-6, by: 1e-12, within: 1e-9 },
      }),
    )
    expect((await watcher.check(id)).reason).toMatch(/no samples where/)
    const [peak] = (await operator.call('trace.peaks', { id: reference.id, kind: 'dip', limit: 1 })).peaks
    const near = peak!.position + 2e-10
    const moved = await watcher.save(
      draft({
        kind: 'trace',
        device: 'dut',
        source,
        condition: { is: 'peakMoved', peak: 'dip', near, by: 1e-10, within: 5e-10 },
      }),
    )
    expect((await watcher.check(moved)).reason).toMatch(/the dip is at .* nm, .* nm away/)
    const [check] = await watcher.client.call('watch.history', { id: moved })
    const snapshot = await watcher.client.call('watch.snapshot', { id: moved, seq: check!.seq })
    expect(snapshot).toMatchObject({ kind: 'trace', axisUnit: 'm', near })
  })
})

it('has the same answers for many watches at once, and brings back what was removed', async () => {
  const { client } = watcher
  const ids = await Promise.all(
    [1, 2, 3].map((n) =>
      watcher.save({
        ...draft({
          kind: 'reading',
          device: 'cam',
          source: { from: 'topic', path: 'width' },
          condition: { is: 'changed' },
        }),
        name: `many ${n}`,
      }),
    ),
  )
  await client.call('watch.tag', { ids, add: ['lab'], remove: [] })
  await client.call('watch.mute', { ids, muted: true })
  await other.until(ids[2]!, ({ tags, muted }) => tags.includes('lab') && muted === true)
  await watcher.check(ids[0]!)
  const { copies } = await client.call('watch.copy', { ids: [ids[0]!] })
  expect(copies[0]).toMatchObject({ name: 'many 1 (copy)', paused: true, tags: ['lab'] })
  const { done, refused, undo } = await client.call('watch.remove', { ids: [...ids, 'ffffffffffffffff'] })
  expect([done.length, refused.length]).toEqual([3, 1])
  await vi.waitFor(() => expect(other.has(ids[0]!)).toBe(false))
  expect((await client.call('watch.restore', { undo })).done.toSorted()).toEqual(ids.toSorted())
  await other.until(ids[0]!, ({ checks, muted }) => checks === 1 && muted === true)
  await client.call('watch.clearHistory', { ids })
  expect(await client.call('watch.history', { id: ids[0]! })).toEqual([])
  await expect(client.call('watch.restore', { undo })).rejects.toThrow(/nothing to bring back/)
})

it('exports watches as YAML that it takes again, and refuses each mistake by itself', async () => {
  const { client } = watcher
  const { yaml, watches } = await client.call('watch.export', {})
  expect(watches).toBeGreaterThan(5)
  const { added, refused } = await client.call('watch.import', { text: yaml })
  expect([added.length, refused]).toEqual([watches, []])
  const first = await client.call('watch.list', { limit: 3 })
  const rest = await client.call('watch.list', { after: first[2]!.id })
  expect(new Set([...first, ...rest].map(({ id }) => id)).size).toBe(2 * watches)
  await client.call('watch.remove', { ids: added })
  const wrong =
    'watches:\n  - {name: x, what: {kind: reading, device: none, source: {from: topic, path: a}, condition: {is: changed}}}\n  - {name: y}'
  expect((await client.call('watch.import', { text: wrong })).refused.map(({ why }) => why)).toEqual([
    'there is no device "none" on this bench',
    expect.stringMatching(/^what/),
  ])
})

it('lets operators watch the bench, and administrators alone watch pages', async () => {
  const page = { name: 'p', schedule: BY_HAND, what: { kind: 'page', url: 'http://example.org/' } } as const
  await expect(watcher.client.call('watch.save', page)).rejects.toMatchObject({ code: 'role.required' })
  await expect(watcher.client.call('watch.try', { draft: page })).rejects.toMatchObject({
    code: 'role.required',
  })
  const export_ = JSON.stringify({ watching: { a: { url: 'http://example.org/', title: 'T' } } })
  const { refused } = await watcher.client.call('watch.import', { text: export_, format: 'changedetection' })
  expect(refused).toMatchObject([{ name: 'T', why: expect.stringMatching(/administrator/) as string }])
})
