import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { WatchBody, WatchDraft } from '../../shared/watches/watch.ts'
import { startBridge, startCtp10, writeBench } from '../support/bench-process.ts'
import { openBroker, openMailSink, type Sink } from '../support/sinks.ts'
import { Site } from '../support/site.ts'
import { Client } from '../support/socket.ts'
import { chromiumForFile, PHONE } from './rig.ts'

const { openForFile } = chromiumForFile()
const POLL = { timeout: 60_000, interval: 100 }
const HOG = `<script>const all = []; setInterval(() => { for (let i = 0; i < 50; i++) all.push(new Array(1e6).fill(Math.random())) }, 1)</script>`
const stack = new AsyncDisposableStack()
let site: Site
let mails: Sink
let broker: Sink
let hook: Site
let file: string
let bridge: Awaited<ReturnType<typeof startBridge>>
let pages: Page[]

beforeAll(async () => {
  site = stack.use(
    await Site.open({
      '/status': '<h1>Laser</h1><p id="state">on</p>',
      '/driven': driven('gate open'),
      '/hang': () => {},
      '/loop': (_, response) => response.writeHead(302, { location: '/loop' }).end(),
      '/hog': HOG,
    }),
  )
  hook = stack.use(
    await Site.open({
      '/': (request, response) => {
        let body = ''
        request.on('data', (part: Buffer) => (body += part.toString()))
        request.on('end', () => {
          hook.bodies.push({ headers: request.headers, body })
          response.end()
        })
      },
    }),
  )
  mails = stack.use(await openMailSink())
  broker = stack.use(await openBroker())
  const instrument = stack.use(await startCtp10(['--speed-up', '200']))
  const mail = { server: `smtp://127.0.0.1:${mails.port}`, tls: 'none', from: 'bench@lab', to: ['olga@lab'] }
  file = await writeBench({
    server: { localRole: 'administrator' },
    watches: {
      pages: { allow: ['127.0.0.1'] },
      notify: {
        hook: { kind: 'webhook', url: hook.url('/'), groupS: 0.2 },
        olga: { kind: 'mail', groupS: 0.2, ...mail },
        broker: { kind: 'mqtt', groupS: 0.2, server: `mqtt://127.0.0.1:${broker.port}`, topic: 'bench' },
      },
    },
    devices: {
      cam: { driver: 'camera.sim', width: 160, height: 120 },
      dut: { driver: 'instrument.exfo-ctp10', resource: instrument.ready.resource },
    },
  })
  bridge = await startBridge(file)
  stack.defer(async () => void (await bridge.end()))
  const url = `${bridge.ready.url}#/watches`
  pages = await Promise.all([openForFile(url), openForFile(url, PHONE)])
}, 60_000)

afterAll(async () => {
  await Promise.all(pages.map((page) => page.context().close()))
  await stack.disposeAsync()
}, 30_000)

/** A page that says something only after a click. */
function driven(says: string): string {
  return `<button onclick="document.querySelector('#out').textContent = '${says}'">show</button><p id="out"></p>`
}

function row(page: Page, name: string): ReturnType<Page['locator']> {
  return page.locator(`[data-name="${name}"]`)
}

/** Both pages show it, without a reload. */
async function bothShow(name: string, attribute: string, value: string | RegExp): Promise<void> {
  for (const page of pages) {
    await expect
      .poll(() => row(page, name).getAttribute(attribute, { timeout: 2000 }), { ...POLL, message: name })
      .toMatch(value)
  }
}

const readsPower = {
  kind: 'reading',
  device: 'dut',
  source: { from: 'power', channel: 1 },
  condition: { is: 'below', limit: -40 },
} as const

it('finds with each kind what has changed or gone wrong, tells of it, and shows it in two browsers at once', async () => {
  using operator = await Client.operate(bridge.ready.url)
  using _ = await operator.beats()
  const ready = async (topic: string): Promise<unknown> =>
    (await operator.call('topic.read', { topic })).snapshot['lifecycle']
  for (const topic of ['camera/cam', 'instrument/dut'])
    await expect.poll(() => ready(topic), POLL).toMatchObject({ phase: 'ready' })
  await operator.call('sweep.start', {
    ...{ device: 'dut', startNm: 1540, stopNm: 1545, samplingPm: 10, speedNmPerS: 100 },
  })
  await expect
    .poll(
      async () => (await operator.call('topic.read', { topic: 'instrument/dut' })).snapshot['sweep'],
      POLL,
    )
    .toMatchObject({ phase: 'done' })
  const reference = await operator.call('trace.read', { device: 'dut', channel: 1 })

  const save = (
    name: string,
    to: string,
    everyS: number,
    more: Pick<WatchDraft, 'what' | 'deadlineS'>,
  ): unknown =>
    operator.call('watch.save', {
      ...{ name, schedule: { everyS }, deadlineS: 20, ...more },
      notify: [{ on: ['failed', 'recovered', 'changed'], to: [to] }],
    })
  const page = (path: string, more: object = {}): WatchBody['what'] =>
    ({ kind: 'page', url: site.url(path), ...more }) as WatchBody['what']
  const browser = { with: 'browser' }
  await save('Power', 'hook', 0.3, { what: readsPower })
  const mask = { reference: reference.id, above: 3, below: 3 }
  await save('Trace', 'broker', 0.5, {
    what: { kind: 'trace', device: 'dut', condition: { is: 'deviates', ...mask } },
  })
  const region = { x: 20, y: 20, width: 120, height: 80 }
  await save('Region', 'olga', 0.5, {
    what: { kind: 'picture', device: 'cam', region, condition: { is: 'changed', share: 0.3, by: 0.1 } },
  })
  await save('Fetched', 'hook', 5, { what: page('/status', { select: { css: '#state' } }) })
  const steps = [{ do: 'click', at: { css: 'button' } }]
  await save('Driven', 'olga', 5, { what: page('/driven', { ...browser, steps, select: { css: '#out' } }) })
  await save('Hangs', 'broker', 600, { deadlineS: 2, what: page('/hang', browser) })
  await save('Loops', 'broker', 600, { what: page('/loop', browser) })
  const wait = [{ do: 'wait', seconds: 15 }]
  await save('Crashes', 'broker', 600, { what: page('/hog', { ...browser, steps: wait }) })

  for (const name of ['Power', 'Trace', 'Region', 'Fetched', 'Driven'])
    await bothShow(name, 'data-outcome', /^ok$/)
  for (const name of ['Hangs', 'Loops', 'Crashes']) await bothShow(name, 'data-outcome', /^failing$/)

  await operator.call('ctp.laserOff', { device: 'dut', laser: 1 })
  await operator.call('trace.read', { device: 'dut', channel: 2 })
  await operator.call('camera.set', { device: 'cam', exposureMs: 33, gainDb: 20 })
  site.set('/status', '<p id="state">off</p>')
  site.set('/driven', driven('gate shut'))
  for (const name of ['Power', 'Trace']) await bothShow(name, 'data-outcome', /^failing$/)
  for (const name of ['Region', 'Fetched', 'Driven']) await bothShow(name, 'data-unseen', /^[1-9]/)
  await operator.call('ctp.laserOn', { device: 'dut', laser: 1 })
  await bothShow('Power', 'data-outcome', /^ok$/)
  for (const each of pages)
    await expect.poll(() => each.title(), POLL).toMatch(/^LIGHT ON: \([4-7]\) Watches/)

  // Each way has told, and the page as well.
  const told = (): string[] =>
    hook.bodies.flatMap(({ body }) =>
      (JSON.parse(body) as { events: { name: string; kind: string }[] }).events.map(
        ({ name, kind }) => `${name} ${kind}`,
      ),
    )
  await expect
    .poll(told, POLL)
    .toEqual(expect.arrayContaining(['Power failed', 'Power recovered', 'Fetched changed']))
  await expect.poll(() => mails.got.join(), POLL).toContain('Region has changed')
  await expect.poll(() => mails.got.join(), POLL).toContain('Driven')
  for (const words of ['beyond the mask', 'took longer', 'redirects for ever', 'crashed its tab'])
    await expect.poll(() => broker.got.join(), POLL).toContain(words)
  const [desk] = pages
  await desk!.getByTestId('watch-news-open').click()
  const news = await desk!.getByTestId('watch-events').textContent()
  for (const words of ['Power has failed', 'Power has recovered', 'Trace has failed', 'Region has changed'])
    expect(news).toContain(words)
  for (const name of ['Fetched', 'Driven']) expect(news).toContain(`${name} has changed`)
  for (const name of ['Hangs', 'Loops', 'Crashes']) expect(news).toContain(`${name} has failed`)
  await desk!.getByTestId('channel-olga').getByRole('button', { name: 'Test' }).click()
  await expect.poll(() => desk!.getByTestId('toast').textContent(), POLL).toContain('arrived')
  expect(mails.got.at(-1)).toMatch(/test/i)
  await desk!.getByTestId('watch-news').getByRole('button', { name: 'Close' }).click()
}, 150_000)

it('shows what was seen: the trace over its mask, the text by its lines, the picture under a slider', async () => {
  const [desk] = pages
  const detail = desk!.getByTestId('watch-detail')
  await row(desk!, 'Trace').click()
  await expect.poll(() => detail.getByTestId('trace-overlay').textContent(), POLL).toContain('furthest')
  expect(await detail.getByTestId('trace-overlay').locator('canvas').count()).toBeGreaterThan(0)
  await row(desk!, 'Driven').click()
  const lines = (op: string): Promise<string[]> => detail.locator(`[data-op=${op}]`).allTextContents()
  await expect.poll(() => lines('added'), POLL).toEqual([expect.stringContaining('gate shut')])
  expect(await lines('removed')).toEqual([expect.stringContaining('gate open')])
  await row(desk!, 'Region').click()
  const changed = detail.getByTestId('snapshot-changed')
  await changed.waitFor()
  expect((await changed.boundingBox())?.width).toBeGreaterThan(50)
  const cut = (): Promise<string> =>
    detail.locator('img.before').evaluate((image) => getComputedStyle(image).clipPath)
  const half = await cut()
  await detail.getByRole('slider').focus()
  await desk!.keyboard.press('End')
  expect(await cut()).not.toBe(half)
  const { width = 0, height = 0, ...at } = (await detail.getByRole('slider').boundingBox()) ?? { x: 0, y: 0 }
  await desk!.mouse.click(at.x + width / 4, at.y + height / 2)
  expect(Number(await detail.getByRole('slider').inputValue())).toBeCloseTo(25, -1)
}, 60_000)

it('has its queue back after kill -9, in pages that stayed open', async () => {
  const held: { end: (text: string) => void }[] = []
  site.set('/held', (_, response) => void held.push(response))
  const names = ['Queued 1', 'Queued 2', 'Queued 3', 'Queued 4']
  const ids: string[] = []
  {
    using client = await Client.connect(bridge.ready.url)
    const all = await client.call('watch.list', {})
    await client.call('watch.remove', { ids: all.map(({ id }) => id) })
    for (const name of names) {
      const what = { kind: 'page' as const, url: site.url('/held'), with: 'browser' as const }
      ids.push((await client.call('watch.save', { name, schedule: {}, what })).id)
    }
    await client.call('watch.check', { ids })
  }
  const queue = (page: Page): Promise<[string | null, string | null]> =>
    Promise.all(
      ['data-checking', 'data-queued'].map((name) => page.getByTestId('watch-queue').getAttribute(name)),
    ) as Promise<[string | null, string | null]>
  for (const page of pages) await expect.poll(() => queue(page), POLL).toEqual(['2', '2'])
  await expect.poll(() => held.length, POLL).toBe(2)
  const { port } = bridge.ready
  await bridge.end('SIGKILL')
  for (const page of pages)
    await expect.poll(() => page.locator('body').textContent(), POLL).toMatch(/reconnecting|ago/i)
  bridge = await startBridge(file, port)
  for (const page of pages) await expect.poll(() => queue(page), POLL).toEqual(['2', '2'])
  await expect.poll(() => held.length, POLL).toBe(4)
  site.set('/held', 'well')
  for (const response of held) response.end('well')
  for (const name of names) await bothShow(name, 'data-outcome', /^ok$/)
}, 120_000)
