import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ControlState } from '../../shared/control/control.ts'
import type { ServerEvents } from '../../shared/commands.ts'
import { Revisions } from '../../web/link/revisions.ts'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { fillLink } from '../support/heavy-view.ts'
import { Link } from '../support/link.ts'
import { Client } from '../support/socket.ts'

type Patch = Parameters<ServerEvents['patch']>[0]

/** A page that follows who is in control, at the end of a link. */
async function pageAt(url: string) {
  const client = await Client.connect(url)
  const patches: Patch[] = []
  const control = new Revisions<ControlState>()
  client.socket.on('patch', ({ topic, ...change }) => {
    patches.push({ topic, ...change })
    if (topic === 'control') expect(control.patch(change), 'the page subscribes anew').toBe(true)
  })
  const { rev, snapshot } = await client.call('topic.subscribe', { topic: 'control' })
  control.snapshot(rev, snapshot as ControlState)
  return { client, control, patches, [Symbol.dispose]: () => client[Symbol.dispose]() }
}

let bridge: Awaited<ReturnType<typeof startBridge>>
beforeAll(async () => {
  bridge = await startBridge(await writeBench({ devices: {} }))
})
afterAll(async () => void (await bridge.end()))

it('tells a page by session.hello what it has been sent of each topic, and says nothing of one that it does not follow', async () => {
  using client = await Client.operate(bridge.ready.url)
  const told = async (topics: Record<string, number>) =>
    (await client.call('session.hello', { topics })).topics
  expect((await client.call('session.hello', {})).topics).toBeUndefined()
  const { rev } = await client.call('topic.subscribe', { topic: 'control' })
  expect(await told({ control: rev, bench: 7 })).toEqual({ control: rev })
  await client.call('lease.show', { hash: '#/traces' })
  expect(await told({ control: rev })).toEqual({ control: rev + 1 })
  await client.call('topic.unsubscribe', { topic: 'control' })
  expect(await told({ control: rev })).toEqual({})
  await client.call('lease.release', {})
})

it('brings a page whose link was stalled the last change before silence', async () => {
  await using link = await Link.to(bridge.ready.port)
  using operator = await Client.operate(bridge.ready.url)
  using page = await pageAt(link.url)
  await page.client.call('topic.subscribe', { topic: 'views' })
  const before = page.control.rev ?? 0

  link.stall()
  await fillLink(operator)
  await operator.call('estop.press', {})
  await operator.call('lease.release', {})
  expect(page.control.value?.stop.latched).toBe(false)

  link.free()
  await expect.poll(() => page.control.value?.stop.latched, { timeout: 10_000 }).toBe(true)
  expect(page.control.value?.lease).toBeUndefined()
  const { rev } = await operator.call('topic.read', { topic: 'control' })
  expect(page.control.rev).toBe(rev)
  const last = page.patches.findLast(({ topic }) => topic === 'control')
  // What was kept back came as one: the link was stuck, or this test has shown nothing.
  expect(last?.since).toBeGreaterThan(before)
  expect(rev - (last?.since ?? 0)).toBeGreaterThan(2)
  const hello = await page.client.call('session.hello', { topics: { control: 0 } })
  expect(hello.topics).toEqual({ control: rev })
})
