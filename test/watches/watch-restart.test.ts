import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { childrenOf, isAlive } from '../support/children.ts'
import { Site } from '../support/site.ts'
import { BY_HAND, Follower } from './watch-rig.ts'

const SECRET = 'a secret of sixteen or more'
let site: Site
let hook: Site
let answers: number[]
let file: string

beforeEach(async () => {
  answers = []
  site = await Site.open({ '/': 'well' })
  hook = await Site.open({
    '/hook': (request, response) => {
      let body = ''
      request.on('data', (part: Buffer) => (body += part.toString()))
      request.on('end', () => {
        hook.bodies.push({ headers: request.headers, body })
        response.writeHead(answers.shift() ?? 200).end()
      })
    },
  })
  file = await writeBench({
    server: { localRole: 'administrator' },
    watches: {
      pages: { allow: ['127.0.0.1'] },
      notify: { hook: { kind: 'webhook', url: hook.url('/hook'), secret: SECRET, groupS: 0.2 } },
    },
    devices: {},
  })
})

afterEach(async () => {
  await site[Symbol.asyncDispose]()
  await hook[Symbol.asyncDispose]()
})

function page(path: string, more: object = {}) {
  return {
    name: path,
    schedule: BY_HAND,
    what: { kind: 'page' as const, url: site.url(path), ...more },
    notify: [{ on: ['failed' as const, 'recovered' as const], to: ['hook'] }],
  }
}

it('checks after kill -9 what was asked for before, and leaves no process of its browser', async () => {
  site.set('/', () => {})
  const ids: string[] = []
  const first = await startBridge(file)
  {
    using watcher = await Follower.open(first.ready.url)
    for (let i = 0; i < 4; i++) ids.push(await watcher.save(page('/')))
    ids.push(await watcher.save(page('/', { with: 'browser' })))
    await watcher.client.call('watch.check', { ids: ids.slice(4) })
    await watcher.until(ids[4]!, ({ comment }) => comment?.startsWith('opening') === true)
    await watcher.client.call('watch.check', { ids })
    await vi.waitFor(() => expect(watcher.all).toMatchObject({ checking: 2, queued: 3 }))
  }
  const [host] = (await childrenOf(first.pid)).filter(({ command }) => command.includes('browser-host'))
  const below = [host!, ...(await childrenOf(host!.pid))]
  expect(below.length).toBeGreaterThan(1)
  await first.end('SIGKILL')
  await vi.waitFor(() => expect(below.filter(({ pid }) => isAlive(pid))).toEqual([]), {
    timeout: 15_000,
    interval: 100,
  })
  site.set('/', 'well')
  await using second = await startBridge(file)
  using watcher = await Follower.open(second.ready.url)
  for (const id of ids) {
    expect(await watcher.until(id, ({ checks }) => checks > 0)).toMatchObject({
      outcome: 'ok',
      checks: 1,
      value: 'well',
    })
    expect(await watcher.client.call('watch.history', { id })).toMatchObject([{ by: 'local' }])
  }
}, 90_000)

it('tells a webhook, signed, again until it has heard, after a restart as well', async () => {
  answers = [500, 500]
  const first = await startBridge(file)
  let id = ''
  {
    using watcher = await Follower.open(first.ready.url)
    id = await watcher.save(page('/gone'))
    await watcher.check(id)
    await vi.waitFor(
      () => expect(watcher.all.channels['hook']).toMatchObject({ waiting: 1, error: 'it answered 500' }),
      10_000,
    )
  }
  await first.end('SIGKILL')
  await using second = await startBridge(file)
  using watcher = await Follower.open(second.ready.url)
  await vi.waitFor(() => expect(hook.bodies).toHaveLength(3), { timeout: 20_000, interval: 50 })
  site.set('/gone', 'back')
  await watcher.check(id)
  await vi.waitFor(() => expect(hook.bodies).toHaveLength(4), { timeout: 20_000, interval: 50 })
  const kinds = hook.bodies.map(({ body }) =>
    (JSON.parse(body) as { events: { kind: string }[] }).events.map(({ kind }) => kind),
  )
  expect(kinds).toEqual([['failed'], ['failed'], ['failed'], ['recovered']])
  for (const { headers, body } of hook.bodies) {
    const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['lightbench-signature'])) ?? []
    expect(v1).toBe(createHmac('sha256', SECRET).update(`${t}.${body}`).digest('hex'))
  }
  const deliveries = hook.bodies.map(({ headers }) => headers['lightbench-delivery'])
  expect(new Set(deliveries.slice(0, 3)).size).toBe(1)
  await vi.waitFor(() => expect(watcher.all.channels['hook']).toMatchObject({ waiting: 0, lost: 0 }))
  expect(watcher.all.channels['hook']?.error).toBeUndefined()
  expect(await watcher.client.call('notify.test', { channel: 'hook' })).toMatchObject({
    message: expect.stringMatching(/arrived/) as string,
  })
}, 60_000)
