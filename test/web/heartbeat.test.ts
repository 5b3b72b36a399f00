import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { BEAT_LOST_MS, BEAT_MS } from '../../shared/control/control.ts'
import { Heartbeat, PAGE_LOST_MS } from '../../web/link/heartbeat.ts'

let beats: { at: number; active: boolean; heard: () => void }[]
let heartbeat: Heartbeat
/** The page as its main thread would answer; undefined while it hangs. */
let page: { visible: boolean; touches: number } | undefined
let unanswered: number[]

beforeEach(() => {
  vi.useFakeTimers()
  beats = []
  unanswered = []
  page = { visible: true, touches: 0 }
  heartbeat = new Heartbeat({
    ask: (question) => {
      if (page) queueMicrotask(() => page && heartbeat.answered({ question, ...page }))
      else unanswered.push(question)
    },
    beat: (active, heard) => beats.push({ at: performance.now(), active, heard }),
  })
})
afterEach(() => {
  heartbeat.stop()
  vi.useRealTimers()
})

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

/** The bridge has heard every beat so far. */
function answerAll(): void {
  for (const { heard } of beats) heard()
}

it('does not beat before it holds the lease', async () => {
  await pass(10 * BEAT_MS)
  expect(beats).toHaveLength(0)
})

it('beats with the first answer and then four times a second, whether or not the bridge answers', async () => {
  heartbeat.start(0)
  expect(beats).toHaveLength(0)
  await pass(0)
  expect(beats).toHaveLength(1)
  await pass(1000)
  expect(beats).toHaveLength(5)
})

it('beats once each time, however often it is told to begin', async () => {
  heartbeat.start(0)
  heartbeat.start(0)
  await pass(BEAT_MS)
  expect(beats).toHaveLength(2)
})

it('ends with the lease', async () => {
  heartbeat.start(0)
  await pass(0)
  heartbeat.stop()
  await pass(10 * BEAT_MS)
  expect(beats).toHaveLength(1)
})

it('goes on while the main thread is busy for 1.5 s, without a gap', async () => {
  heartbeat.start(0)
  await pass(BEAT_MS)
  page = undefined
  await pass(1500)
  const busy = beats.map(({ at }) => at)
  expect(Math.max(...busy.slice(1).map((at, i) => at - busy[i]!))).toBeLessThan(BEAT_LOST_MS)
  expect(busy).toHaveLength(2 + 1500 / BEAT_MS)
})

it('ends 2 s after the last question that the main thread has answered was asked', async () => {
  heartbeat.start(0)
  await pass(BEAT_MS)
  const livedAt = performance.now()
  page = undefined
  await pass(3000)
  expect(beats.at(-1)!.at - livedAt).toBeLessThan(PAGE_LOST_MS)
  expect(beats.at(-1)!.at - livedAt).toBeGreaterThanOrEqual(PAGE_LOST_MS - BEAT_MS)
})

it('beats again as soon as the main thread answers again', async () => {
  heartbeat.start(0)
  page = undefined
  await pass(3000)
  expect(beats).toHaveLength(0)
  page = { visible: true, touches: 0 }
  await pass(BEAT_MS)
  expect(beats).toHaveLength(1)
})

it('takes nothing for a sign of life that was asked 2 s ago, or never', async () => {
  page = undefined
  heartbeat.start(0)
  await pass(3000)
  heartbeat.answered({ question: unanswered[0]!, visible: true, touches: 0 })
  heartbeat.answered({ question: 4711, visible: true, touches: 0 })
  heartbeat.answered({ question: -1, visible: true, touches: 0 })
  await pass(0)
  expect(beats).toHaveLength(0)
})

it('ends at once when the page is hidden, and comes back once it is seen', async () => {
  heartbeat.start(0)
  await pass(BEAT_MS)
  expect(beats).toHaveLength(2)
  page = { visible: false, touches: 0 }
  heartbeat.hide()
  await pass(10 * BEAT_MS)
  expect(beats).toHaveLength(2)
  page = { visible: true, touches: 0 }
  await pass(BEAT_MS)
  expect(beats).toHaveLength(3)
})

it('does not beat for a page that was never seen', async () => {
  page = { visible: false, touches: 0 }
  heartbeat.start(0)
  await pass(10 * BEAT_MS)
  expect(beats).toHaveLength(0)
})

it('says that somebody is there only when somebody has touched something since', async () => {
  heartbeat.start(0)
  await pass(BEAT_MS)
  answerAll()
  page = { visible: true, touches: 1 }
  await pass(BEAT_MS)
  await pass(BEAT_MS)
  answerAll()
  await pass(BEAT_MS)
  expect(beats.map(({ active }) => active)).toEqual([false, false, false, true, false])
})

it('does not take a connection that has come back for a person', async () => {
  heartbeat.start(0)
  page = { visible: true, touches: 3 }
  await pass(0)
  heartbeat.stop()
  beats = []
  heartbeat.start(3)
  await pass(BEAT_MS)
  expect(beats.map(({ active }) => active)).toEqual([false, false])
})

it('says so again until the bridge has heard it: a beat may be lost', async () => {
  heartbeat.start(0)
  await pass(0)
  page = { visible: true, touches: 1 }
  await pass(3 * BEAT_MS)
  expect(beats.map(({ active }) => active)).toEqual([false, false, true, true])
})

it('does not take the answer to an earlier beat for one to what came after it', async () => {
  page = { visible: true, touches: 1 }
  heartbeat.start(0)
  await pass(0)
  page = { visible: true, touches: 2 }
  await pass(BEAT_MS)
  answerAll()
  await pass(BEAT_MS)
  expect(beats.map(({ active }) => active)).toEqual([true, true, true])
})
