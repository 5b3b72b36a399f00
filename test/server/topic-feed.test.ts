import { setImmediate as nextTick } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { ServerEvents } from '../../shared/commands.ts'
import type { WatchlistState, WatchStatus } from '../../shared/watches/watch-state.ts'
import { Topic } from '../../bridge/core/topic.ts'
import { TopicFeed } from '../../bridge/server/topic-feed.ts'
import { Watchlist } from '../../bridge/watches/api/watchlist.ts'
import { Revisions } from '../../web/link/revisions.ts'

interface State {
  n: number
  lit?: { since: number; by?: string }
}

/** A topic, a link that can be stuck, and the page at its other end. */
function follow(initial: State) {
  const topic = new Topic<State>('t', initial)
  const link = { stuck: false }
  const sent: Parameters<ServerEvents['patch']>[0][] = []
  const page = new Revisions<State>()
  const begin = topic.snapshot()
  page.snapshot(begin.rev, begin.snapshot)
  const feed = new TopicFeed(topic, begin, {
    send: (patch) => {
      sent.push(patch)
      expect(page.patch(patch), 'the page subscribes anew').toBe(true)
    },
    isStuck: () => link.stuck,
  })
  const change = async (patch: Parameters<Topic<State>['merge']>[0]): Promise<void> => {
    topic.merge(patch)
    await nextTick()
  }
  return { topic, link, sent, page, feed, change }
}

it('owes what a stuck link keeps back, and sends it as one patch once that has drained', async () => {
  const { link, sent, page, feed, change } = follow({ n: 0 })
  await change({ n: 1 })
  link.stuck = true
  await change({ n: 2 })
  await change({ n: 3, lit: { since: 7 } })
  feed.resume()
  expect(page.value).toEqual({ n: 1 })
  link.stuck = false
  feed.resume()
  expect(sent.slice(1)).toEqual([{ topic: 't', rev: 3, since: 1, patch: { n: 3, lit: { since: 7 } } }])
  expect(page.value).toEqual({ n: 3, lit: { since: 7 } })
  feed.resume()
  expect(sent).toHaveLength(2)
  await change({ n: 4 })
  expect(sent.at(-1)).toEqual({ topic: 't', rev: 4, patch: { n: 4 } })
})

it('ends with the same state when a member has gone and come back otherwise: merge patches do not add up to that', async () => {
  const { topic, link, page, feed, change } = follow({ n: 0, lit: { since: 1, by: 'anna' } })
  link.stuck = true
  await change({ lit: null })
  await change({ lit: { since: 2 } })
  link.stuck = false
  feed.resume()
  expect(page.value).toEqual({ n: 0, lit: { since: 2 } })
  expect(page.value).toEqual(topic.value)
})

it('sends the one patch that was kept back as it was', async () => {
  const { link, sent, feed, change } = follow({ n: 0 })
  link.stuck = true
  await change({ n: 1 })
  link.stuck = false
  feed.resume()
  expect(sent).toEqual([{ topic: 't', rev: 1, patch: { n: 1 } }])
})

it('makes the page subscribe anew to a list that is too large to be kept for each page', async () => {
  const list = new Watchlist()
  const link = { stuck: false }
  const page = new Revisions<WatchlistState>()
  const whole: boolean[] = []
  const feed = new TopicFeed(list, list.snapshot(), {
    send: (patch) => whole.push(page.patch(patch)),
    isStuck: () => link.stuck,
  })
  page.snapshot(0, list.snapshot().snapshot)
  const change = async (id: string): Promise<void> => {
    const published = new Promise<void>((resolve) => {
      const end = list.subscribe(() => {
        end()
        resolve()
      })
    })
    list.set(id, { state: 'never' } as unknown as WatchStatus)
    await published
  }
  link.stuck = true
  await change('a')
  await change('b')
  link.stuck = false
  feed.resume()
  expect(whole).toEqual([false])
  page.snapshot(list.snapshot().rev, list.snapshot().snapshot)
  expect(Object.keys(page.value?.watches ?? {})).toEqual(['a', 'b'])
  await change('c')
  expect(whole).toEqual([false, true])
  expect(page.rev).toBe(feed.rev)
  list[Symbol.dispose]()
})

it('brings the page to the revision also when all is as it was', async () => {
  const { link, sent, page, feed, change } = follow({ n: 0 })
  link.stuck = true
  await change({ n: 1 })
  await change({ n: 0 })
  link.stuck = false
  feed.resume()
  expect(sent).toEqual([{ topic: 't', rev: 2, since: 0, patch: {} }])
  expect([page.rev, feed.rev]).toEqual([2, 2])
})

it('sends nothing out of its turn: what is new while something is owed goes with it', async () => {
  const { link, sent, page, change } = follow({ n: 0 })
  link.stuck = true
  await change({ n: 1 })
  // Drained, and not said so yet.
  link.stuck = false
  await change({ n: 2 })
  expect(sent).toEqual([{ topic: 't', rev: 2, since: 0, patch: { n: 2 } }])
  expect(page.value).toEqual({ n: 2 })
})

it('tells nobody any more once it is disposed of', async () => {
  const { link, sent, feed, change } = follow({ n: 0 })
  link.stuck = true
  await change({ n: 1 })
  feed[Symbol.dispose]()
  link.stuck = false
  await change({ n: 2 })
  expect(sent).toEqual([])
})
