import { afterAll, beforeAll, expect, it } from 'vitest'
import { childrenOf, isAlive } from '../support/children.ts'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { Site } from '../support/site.ts'
import { BY_HAND, Follower } from './watch-rig.ts'

const hog = `<script>const all = []; setInterval(() => { for (let i = 0; i < 50; i++) all.push(new Array(1e6).fill(Math.random())) }, 1)</script>`
let site: Site
let bridge: Awaited<ReturnType<typeof startBridge>>
let watcher: Follower

beforeAll(async () => {
  site = await Site.open({
    '/status': '<h1>Laser</h1><p id="state">on</p><table><tr><td>power</td><td>12.5 mW</td></tr></table>',
    '/json': '{"readings":[{"name":"t","value":21.5}]}',
    '/form': `<input id="name"><select id="unit"><option value="c">C</option><option value="k">K</option></select>
      <button onclick="document.querySelector('#out').textContent = document.querySelector('#name').value + ' ' + document.querySelector('#unit').value">go</button><p id="out"></p>`,
    '/loop': (_, response) => response.writeHead(302, { location: '/loop' }).end(),
    '/hang': () => {},
    '/hog': hog,
    '/file': (_, response) =>
      response
        .writeHead(200, {
          'content-disposition': 'attachment; filename=x.bin',
          'content-type': 'application/octet-stream',
        })
        .end('x'),
    '/away': (_, response) =>
      response.writeHead(302, { location: `http://127.0.0.2:${site.port}/status` }).end(),
    '/inner': `<img src="http://127.0.0.2:1/x.png"><p>well</p>`,
  })
  const file = await writeBench({
    server: { localRole: 'administrator' },
    watches: { pages: { allow: [`127.0.0.1:${site.port}`] } },
    devices: {},
  })
  bridge = await startBridge(file)
  watcher = await Follower.open(bridge.ready.url)
}, 60_000)

afterAll(async () => {
  watcher?.[Symbol.dispose]()
  const children = await childrenOf(bridge.pid)
  await bridge[Symbol.asyncDispose]()
  for (const { pid, command } of children) expect(isAlive(pid), command).toBe(false)
  await site[Symbol.asyncDispose]()
}, 30_000)

function page(path: string, more: object = {}) {
  return {
    name: path,
    schedule: BY_HAND,
    deadlineS: 20,
    what: { kind: 'page' as const, url: site.url(path), ...more },
  }
}

it('sees that a fetched page has changed, and shows by which lines', async () => {
  const id = await watcher.save(page('/status', { select: { css: '#state' } }))
  expect(await watcher.check(id)).toMatchObject({ outcome: 'ok', value: 'on' })
  expect((await watcher.check(id)).unseen).toBeUndefined()
  site.set('/status', '<p id="state">off</p><p>other</p>')
  expect(await watcher.check(id)).toMatchObject({ outcome: 'ok', unseen: 1, value: 'off', changes: 1 })
  const [newest] = await watcher.client.call('watch.history', { id })
  expect(newest).toMatchObject({ outcome: 'changed', snapshot: 'text', by: 'local' })
  const snapshot = await watcher.client.call('watch.snapshot', { id, seq: newest!.seq })
  expect(snapshot).toMatchObject({
    kind: 'text',
    text: 'off',
    difference: [
      { op: 'removed', text: 'on\n' },
      { op: 'added', text: 'off\n' },
    ],
  })
  await watcher.client.call('watch.seen', { ids: [id] })
  await watcher.until(id, ({ unseen }) => unseen === undefined)
})

it('judges a number that a JSON path names', async () => {
  await expect(watcher.save(page('/json', { json: '$.readings[?]' }))).rejects.toThrow(/cannot be read from/)
  const id = await watcher.save(page('/json', { json: '$..value', condition: { is: 'above', limit: 30 } }))
  expect(await watcher.check(id)).toMatchObject({ outcome: 'ok', value: 21.5 })
  site.set('/json', '{"readings":[{"name":"t","value":31.5}]}')
  expect(await watcher.check(id)).toMatchObject({ outcome: 'failing', reason: '31.5 is above 30' })
})

it.each([
  ['/loop', /redirects more than/],
  ['/file', /download/],
  ['/gone', /answered 404/],
  ['/away', /not to be asked/],
])('fails alone for a fetched page at %s', async (path, reason) => {
  const id = await watcher.save(page(path))
  expect((await watcher.check(id)).reason).toMatch(reason)
})

it('asks no address of this machine that is not allowed, whatever it is called', async () => {
  for (const url of [
    'http://[::1]:9/',
    'http://2130706433:9/',
    'http://127.0.0.1:9/',
    'http://localhost:9/',
    'http://[::ffff:127.0.0.1]:9/',
  ]) {
    const { outcome, message } = await watcher.client.call('watch.try', {
      draft: { ...page('/'), what: { kind: 'page', url } },
    })
    expect({ url, outcome, message }).toMatchObject({
      outcome: 'failed',
      message: expect.stringMatching(/not to be asked/) as string,
    })
  }
})

it('ends a page that hangs at its deadline', async () => {
  const id = await watcher.save({ ...page('/hang'), deadlineS: 1 })
  expect((await watcher.check(id)).reason).toMatch(/took longer|too long/)
})

it('goes through a page in a browser, step by step, and keeps how it looked', async () => {
  const id = await watcher.save(
    page('/form', {
      with: 'browser',
      select: { xpath: '//p[@id="out"]' },
      steps: [
        { do: 'type', at: { css: '#name' }, text: 'T =' },
        { do: 'select', at: { css: '#unit' }, value: 'k' },
        { do: 'click', at: { xpath: '//button' } },
      ],
    }),
  )
  expect(await watcher.check(id)).toMatchObject({ outcome: 'ok', value: 'T = k' })
  const [check] = await watcher.client.call('watch.history', { id })
  const snapshot = await watcher.client.call('watch.snapshot', { id, seq: check!.seq })
  const picture = await fetch(bridge.ready.url + (snapshot.kind === 'text' ? snapshot.picture : ''))
  expect(picture.headers.get('content-type')).toBe('image/png')
  expect((await picture.arrayBuffer()).byteLength).toBeGreaterThan(1000)
}, 60_000)

it('shows an element under a point of a page, with a path that finds it', async () => {
  const { client } = watcher
  const { picker, width, height, screenshot } = await client.call('picker.open', { url: site.url('/form') })
  expect([width, height]).toEqual([1280, 800])
  expect((await fetch(bridge.ready.url + screenshot)).status).toBe(200)
  const { css, xpath, box, matches } = await client.call('picker.at', { picker, x: 20, y: 20 })
  expect({ css, matches }).toEqual({ css: '#name', matches: 1 })
  expect(xpath).toBe('/html[1]/body[1]/input[1]')
  expect(box.width).toBeGreaterThan(10)
  await client.call('picker.step', { picker, step: { do: 'goto', url: site.url('/status') } })
  await client.call('picker.close', { picker })
  await expect(client.call('picker.at', { picker, x: 1, y: 1 })).rejects.toThrow(/closed/)
}, 60_000)

it('fails alone in the browser: a loop, a hang, a crash, a download, a private address', async () => {
  const browser = { with: 'browser' }
  const cases: [path: string, reason: RegExp, more?: object][] = [
    ['/loop', /redirects for ever/],
    ['/file', /download/],
    ['/away', /not to be asked/],
    // A tab has half a gigabyte for what its scripts keep.
    ['/hog', /^the page crashed its tab$/, { steps: [{ do: 'wait', seconds: 15 }] }],
    ['/hang', /took too long|took longer/],
  ]
  for (const [path, reason, more] of cases) {
    const id = await watcher.save({
      ...page(path, { ...browser, ...more }),
      deadlineS: path === '/hang' ? 3 : 25,
    })
    expect((await watcher.check(id, 60_000)).reason, path).toMatch(reason)
  }
  // Of a tunnel that is refused the browser itself does not say why.
  const what = { kind: 'page', with: 'browser', url: 'https://localhost:9/' } as const
  const { message } = await watcher.client.call('watch.try', { draft: { ...page('/'), what } })
  expect(message).toMatch(/^localhost \(.*not to be asked/)
  const id = await watcher.save(page('/inner', { ...browser, select: { css: 'p' } }))
  expect(await watcher.check(id)).toMatchObject({ outcome: 'ok', value: 'well' })
  expect(site.asked.get('/status') ?? 0).toBeLessThan(10)
}, 180_000)
