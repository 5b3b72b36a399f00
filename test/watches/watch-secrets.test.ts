import type { IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Watch, watchBody } from '../../shared/watches/watch.ts'
import { pageWatch, type PageWatch } from '../../shared/watches/watch-what.ts'
import { keptIn, restored, shownWatch } from '../../bridge/watches/kept-secrets.ts'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { Site } from '../support/site.ts'
import { BY_HAND, Follower } from './watch-rig.ts'

const HIDDEN = [
  'pass-of-anna',
  'token-of-anna',
  'key-of-anna',
  'typed-by-anna',
  'value-of-lab',
  'value-of-form',
]

let site: Site
let bridge: Awaited<ReturnType<typeof startBridge>>
let watcher: Follower
let here: string
const asked: { url: string; headers: IncomingMessage['headers'] }[] = []

beforeAll(async () => {
  site = await Site.open({
    '/echo': (request, response) => {
      asked.push({ url: request.url ?? '', headers: request.headers })
      response.writeHead(200, { 'content-type': 'text/html' }).end(`<p>${request.url}</p>`)
    },
    '/hop': (request, response) => {
      const query = (request.url ?? '').split('?')[1] ?? ''
      response.writeHead(302, { location: `http://localhost:${site.port}/landing?${query}` }).end()
    },
    '/landing': '<p>landed</p>',
    '/form': `<input id="pw" oninput="document.querySelector('#out').textContent = this.value.length"><p id="out"></p>`,
  })
  here = `127.0.0.1:${site.port}`
  const file = await writeBench({
    server: { localRole: 'administrator' },
    watches: { pages: { allow: [here, `localhost:${site.port}`] } },
    devices: {},
  })
  bridge = await startBridge(file)
  watcher = await Follower.open(bridge.ready.url)
}, 60_000)

afterAll(async () => {
  watcher?.[Symbol.dispose]()
  await bridge[Symbol.asyncDispose]()
  await site[Symbol.asyncDispose]()
}, 30_000)

const page = (url: string, more: object = {}) => ({
  name: 'page',
  schedule: BY_HAND,
  what: { kind: 'page' as const, url, ...more },
})

/** All that anybody is answered of watches: nothing of it may hold a secret. */
async function toldOf(id: string): Promise<string> {
  const { client } = watcher
  const [watches, exported, list, history, all] = await Promise.all([
    client.call('watch.list', {}),
    client.call('watch.export', {}),
    client.call('topic.read', { topic: 'watchlist' }),
    client.call('watch.history', { id }),
    client.call('topic.read', { topic: 'watches' }),
  ])
  return JSON.stringify([watches, exported, list, history, all])
}

async function formOf(id: string): Promise<Watch & { what: PageWatch }> {
  const [found] = await watcher.client.call('watch.list', { ids: [id] })
  return found as Watch & { what: PageWatch }
}

describe('what a watch keeps', { timeout: 30_000 }, () => {
  const url = (): string => `http://anna:pass-of-anna@${here}/echo?token=token-of-anna&page=2`
  const headers = [{ name: 'X-Key', value: 'key-of-anna' }]

  it('is sent and never answered, and a watch that is saved unchanged keeps it', async () => {
    const id = await watcher.save(page(url(), { headers }))
    expect(await watcher.check(id)).toMatchObject({
      outcome: 'ok',
      target: `http://…:…@${here}/echo?token=…&page=…`,
    })
    const form = await formOf(id)
    expect(form.what).toMatchObject({
      url: 'http://${kept:1}:${kept:2}@' + here + '/echo?token=${kept:3}&page=${kept:4}',
      headers: [{ name: 'X-Key', value: '${kept:5}' }],
    })
    await watcher.client.call('watch.save', {
      ...watchBody.parse(form),
      name: 'renamed',
      id,
      basedOn: form.revision,
    })
    expect(await watcher.check(id)).toMatchObject({ outcome: 'ok', name: 'renamed' })
    const sent = asked.slice(-2)
    for (const { url: path, headers: had } of sent) {
      expect(path).toBe('/echo?token=token-of-anna&page=2')
      expect(had['x-key']).toBe('key-of-anna')
      expect(had.authorization).toBe(`Basic ${Buffer.from('anna:pass-of-anna').toString('base64')}`)
    }
    const told = await toldOf(id)
    for (const secret of ['pass-of-anna', 'key-of-anna']) expect(told).not.toContain(secret)
  })

  it('is not in what a check fails with', async () => {
    const id = await watcher.save(page(url().replace('/echo', '/nothing')))
    const { reason } = await watcher.check(id)
    expect(reason).toBe(`http://…:…@${here}/nothing?token=…&page=… answered 404`)
  })

  it('is not brought into another bench by an export, which says so', async () => {
    const { yaml } = await watcher.client.call('watch.export', {})
    const { refused } = await watcher.client.call('watch.import', { text: yaml })
    expect(refused[0]?.why).toMatch(/kept for another host|of another watch/)
  })
})

describe('a reference to what is kept', () => {
  const what = (more: object): PageWatch =>
    pageWatch.parse({ kind: 'page', url: 'http://a.lab/?t=secret-1', ...more })
  const steps = [{ do: 'type', at: { css: '#pw' }, text: 'secret-2' }]
  const before = what({ with: 'browser', steps })

  it('stands for it in its place, and in another where it is hidden as well', () => {
    const { what: shown } = shownWatch({ what: before })
    expect(restored(shown, before)).toEqual(before)
    const moved = what({ url: 'http://a.lab/', with: 'browser', steps: [{ ...steps[0], text: '${kept:1}' }] })
    expect(keptIn(restored(moved, before))).toEqual(['secret-1'])
  })

  it.each([
    ['sent to another host', { url: 'http://b.lab/?t=${kept:1}' }, /another host/],
    ['sent without TLS or at another port', { url: 'http://a.lab:81/?t=${kept:1}' }, /another host/],
    ['shown in a path', { url: 'http://a.lab/${kept:1}' }, /would be shown/],
    ['one that there is not', { url: 'http://a.lab/?t=${kept:9}' }, /another watch/],
    ['one without a number', { url: 'http://a.lab/?t=${kept}' }, /another watch/],
  ])('is refused where it would be %s', (_, more, why) => {
    expect(() => restored(what(more), before)).toThrow(why)
  })

  it('means nothing where there is no watch', () => {
    expect(() => restored(what({ url: 'http://a.lab/?t=${kept:1}' }), undefined)).toThrow(/another host/)
  })
})

describe('a named secret', { timeout: 60_000 }, () => {
  const value = 'value-of-lab'

  it('is sent to its hosts, is never answered, and changes its hosts without being said again', async () => {
    const { client } = watcher
    await expect(client.call('secret.save', { name: 'lab', hosts: [here] })).rejects.toMatchObject({
      code: 'input.invalid',
    })
    await client.call('secret.save', { name: 'lab', value, hosts: ['elsewhere.lab'] })
    const id = await watcher.save(
      page(`http://${here}/echo?t=\${secret:lab}`, {
        headers: [{ name: 'X-Key', value: 'Key ${secret:lab}' }],
      }),
    )
    expect((await watcher.check(id)).reason).toMatch(/"lab" may not be sent to 127\.0\.0\.1/)
    const count = asked.length
    await client.call('secret.save', { name: 'lab', hosts: ['elsewhere.lab', here] })
    expect(await watcher.check(id)).toMatchObject({ outcome: 'ok', value: '/echo?t=…' })
    expect(asked.slice(count)).toMatchObject([
      { url: `/echo?t=${value}`, headers: { 'x-key': `Key ${value}` } },
    ])
    const [listed] = await client.call('secret.list', {})
    expect(listed).toMatchObject({ name: 'lab', hosts: ['elsewhere.lab', here], savedBy: 'local' })
    expect((await formOf(id)).what.url).toContain('${secret:lab}')
    expect(await toldOf(id)).not.toContain(value)
    expect(JSON.stringify(await client.call('audit.read', {}))).not.toContain(value)
  })

  it.each(['fetch', 'browser'])(
    'does not follow a redirect to a host that it is not for (%s)',
    async (by) => {
      await watcher.client.call('secret.save', { name: 'lab', value, hosts: [here] })
      const id = await watcher.save(page(`http://${here}/hop?t=\${secret:lab}`, { with: by }))
      const landed = site.asked.get('/landing') ?? 0
      expect(await watcher.check(id)).toMatchObject({
        outcome: 'failing',
        reason: expect.stringContaining('the secret "lab" may not be sent to localhost'),
      })
      expect(site.asked.get('/landing') ?? 0).toBe(landed)
      await watcher.client.call('secret.save', { name: 'lab', hosts: [here, 'localhost'] })
      expect(await watcher.check(id)).toMatchObject({ outcome: 'ok' })
    },
  )

  it('is typed into pages of its hosts alone', async () => {
    const { client } = watcher
    await client.call('secret.save', { name: 'form', value: 'value-of-form', hosts: [here] })
    const steps = [{ do: 'type' as const, at: { css: '#pw' }, text: '${secret:form}' }]
    const more = { with: 'browser', steps, select: { css: '#out' } }
    const good = await watcher.save(page(`http://${here}/form`, more))
    expect(await watcher.check(good)).toMatchObject({ outcome: 'ok', value: '13' })
    const bad = await watcher.save(page(`http://localhost:${site.port}/form`, more))
    expect((await watcher.check(bad)).reason).toMatch(/"form" may not be sent to localhost/)
  })

  it('that there is not is refused when a watch is saved, and when it is checked', async () => {
    const { client } = watcher
    const unknown = { code: 'secret.unknown' }
    await expect(watcher.save(page(`http://${here}/?t=\${secret:nothing}`))).rejects.toMatchObject(unknown)
    await client.call('secret.save', { name: 'gone', value: 'x', hosts: [here] })
    const id = await watcher.save(page(`http://${here}/echo?t=\${secret:gone}`))
    await client.call('secret.remove', { name: 'gone' })
    await expect(client.call('secret.remove', { name: 'gone' })).rejects.toMatchObject(unknown)
    expect((await watcher.check(id)).reason).toContain('there is no secret "gone"')
  })
})

it('has repeated none of all these in its log', () => {
  const said = bridge.output.join('\n')
  for (const secret of HIDDEN) expect(said).not.toContain(secret)
})
