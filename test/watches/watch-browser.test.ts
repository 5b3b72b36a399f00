import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { childOf, childrenOf, isAlive } from '../support/children.ts'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { Site } from '../support/site.ts'
import { BY_HAND, Follower } from './watch-rig.ts'

/** Outside of the heap, whose own limit would end the tab alone. */
const hog = `<script>const all = []; setInterval(() => all.push(new Uint8Array(2e7).fill(1)), 50)</script>`
const WAIT = { timeout: 60_000, interval: 50 }
let site: Site
let bridge: Awaited<ReturnType<typeof startBridge>>
let watcher: Follower
let holds = true
const held: ServerResponse[] = []

beforeAll(async () => {
  const hold = (_: unknown, response: ServerResponse): void => {
    if (holds) held.push(response)
    else response.end('well')
  }
  site = await Site.open({ '/': hold, '/hog': hog })
  const pages = { allow: ['127.0.0.1'], atOnce: 2, mostMemoryMB: 900 }
  bridge = await startBridge(
    await writeBench({ server: { localRole: 'administrator' }, watches: { pages }, devices: {} }),
  )
  watcher = await Follower.open(bridge.ready.url)
}, 60_000)

afterAll(async () => {
  watcher[Symbol.dispose]()
  const all = await treeOf(bridge.pid)
  await bridge[Symbol.asyncDispose]()
  await allGone(all)
  await site[Symbol.asyncDispose]()
}, 90_000)

beforeEach(() => {
  holds = true
  held.length = 0
})

async function save(): Promise<string> {
  const what = { kind: 'page' as const, url: site.url('/'), with: 'browser' as const }
  return watcher.save({ name: 'held', schedule: BY_HAND, deadlineS: 40, what })
}

/** Two watches that are being checked: each in a page of the browser that has not come yet. */
async function two(): Promise<string[]> {
  const ids = [await save(), await save()]
  await watcher.client.call('watch.check', { ids })
  await vi.waitFor(() => expect(held).toHaveLength(2), WAIT)
  return ids
}

function release(): void {
  holds = false
  for (const response of held) response.end('well')
}

async function allWell(ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    expect(await watcher.until(id, ({ checks }) => checks > 0, 60_000)).toMatchObject({
      outcome: 'ok',
      value: 'well',
      checks: 1,
      failures: 0,
    })
  }
}

it('fails that check alone whose process is killed', async () => {
  const ids = await two()
  const visitors = (await childrenOf(bridge.pid)).filter(({ command }) => command.includes('browser-visit'))
  expect(visitors).toHaveLength(2)
  process.kill(visitors[0]!.pid, 'SIGKILL')
  const failed = await vi.waitFor(
    () => ids.find((id) => watcher.status(id).outcome === 'failing') ?? Promise.reject(new Error('none')),
    WAIT,
  )
  expect(watcher.status(failed)).toMatchObject({
    checks: 1,
    reason: 'the process of this check died: it ended with SIGKILL',
  })
  release()
  await allWell(ids.filter((id) => id !== failed))
  expect(await watcher.check(failed)).toMatchObject({ outcome: 'ok', checks: 2, failures: 1 })
}, 120_000)

it.each(['browser', 'process of the browser'])(
  'fails none when the %s is killed: what was checked in it is checked again',
  async (what) => {
    const ids = await two()
    const { restarts } = watcher.all.browser
    const host = await childOf(bridge.pid, 'browser-host')
    const before = await treeOf(host)
    const [chromium] = await childrenOf(host)
    process.kill(what === 'browser' ? chromium!.pid : host, 'SIGKILL')
    release()
    await allWell(ids)
    await allGone(before)
    expect(watcher.all.browser.restarts).toBe(restarts + (what === 'browser' ? 0 : 1))
  },
  120_000,
)

it('fails that page alone for which the browser grows too large, twice', async () => {
  const innocent = await save()
  await watcher.client.call('watch.check', { ids: [innocent] })
  await vi.waitFor(() => expect(held).toHaveLength(1), WAIT)
  holds = false
  const greedy = await watcher.client.call('watch.save', {
    name: 'hog',
    schedule: BY_HAND,
    deadlineS: 60,
    what: {
      kind: 'page',
      url: site.url('/hog'),
      with: 'browser',
      steps: [{ do: 'wait', seconds: 50 }],
    },
  })
  const { reason } = await watcher.check(greedy.id, 100_000)
  expect(reason).toMatch(/^the browser took \d+ MB, more than .* allows \(900\), and was ended, twice$/)
  await allWell([innocent])
}, 150_000)

interface Process {
  pid: number
  command: string
}

/** All that a process has started, and what that has started. */
async function treeOf(root: number): Promise<Process[]> {
  const children = await childrenOf(root)
  const below = await Promise.all(children.map(({ pid }) => treeOf(pid)))
  return [...children, ...below.flat()]
}

/** What was killed is gone once the system has tidied up after it. */
async function allGone(processes: readonly Process[]): Promise<void> {
  await vi.waitFor(
    () => processes.forEach(({ pid, command }) => expect(isAlive(pid), command).toBe(false)),
    WAIT,
  )
}
