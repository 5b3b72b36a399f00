import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { StopTicket } from '../../shared/guardian/guardian.ts'
import { StopTickets } from '../../web/link/stop-tickets.ts'

const HOUR_MS = 3_600_000
const LIFE_MS = 10 * 60_000

/** Questions that are open, oldest first. */
let open: { answer: (ticket: StopTicket) => void; fail: () => void }[]
let tickets: StopTickets

beforeEach(() => {
  vi.useFakeTimers()
  open = []
  tickets = new StopTickets(
    () =>
      new Promise((resolve, reject) => {
        open.push({ answer: resolve, fail: () => reject(new Error('no bridge')) })
      }),
    () => Date.now(),
  )
})
afterEach(() => {
  tickets.forget()
  vi.useRealTimers()
})

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

/** The bridge answers the oldest question. */
async function answer(ticket: string, lifeMs = LIFE_MS): Promise<void> {
  open.shift()?.answer({ ticket, expiresAt: Date.now() + lifeMs })
  await pass(0)
}

it('has none before it has asked, and then the one that it was given', async () => {
  expect(tickets.ticket).toBeUndefined()
  tickets.renew()
  await answer('first')
  expect(tickets.ticket).toBe('first')
})

it('asks for the next one long before a ticket ends', async () => {
  tickets.renew()
  await answer('first')
  await pass(LIFE_MS / 2)
  expect(open).toHaveLength(1)
  await answer('second')
  expect(tickets.ticket).toBe('second')
})

it('does not ask all the time for tickets that end at once, nor wait for weeks', async () => {
  tickets.renew()
  await answer('short', 0)
  await pass(9999)
  expect(open).toHaveLength(0)
  await pass(1)
  await answer('long', 1000 * 24 * HOUR_MS)
  await pass(HOUR_MS)
  expect(open).toHaveLength(1)
})

it('keeps the old one until the new guardian’s has come, and when it does not come', async () => {
  tickets.renew()
  await answer('first')
  tickets.renew()
  expect(tickets.ticket).toBe('first')
  open.shift()?.fail()
  await pass(0)
  expect(tickets.ticket).toBe('first')
  await pass(2000)
  await answer('second')
  expect(tickets.ticket).toBe('second')
})

it('keeps it while the bridge is gone, which is when it matters, and asks nothing meanwhile', async () => {
  tickets.renew()
  await answer('first')
  tickets.rest()
  await pass(LIFE_MS)
  expect(open).toHaveLength(0)
  expect(tickets.ticket).toBe('first')
})

it('does not take the answer to an earlier question for the newest', async () => {
  tickets.renew()
  tickets.renew()
  const [early, late] = open
  late?.answer({ ticket: 'new guardian', expiresAt: Date.now() + LIFE_MS })
  await pass(0)
  early?.answer({ ticket: 'old guardian', expiresAt: Date.now() + LIFE_MS })
  await pass(0)
  expect(tickets.ticket).toBe('new guardian')
})

it('forgets it when nobody is signed in, also one that comes afterwards', async () => {
  tickets.renew()
  await answer('first')
  tickets.renew()
  tickets.forget()
  expect(tickets.ticket).toBeUndefined()
  await answer('late')
  expect(tickets.ticket).toBeUndefined()
})
