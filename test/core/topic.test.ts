import { setImmediate as nextTick } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { type Change, Topic } from '../../bridge/core/topic.ts'
import { applyMergePatch } from '../../shared/wire/merge-patch.ts'

interface State {
  n: number
  deep: { a: number; b?: number }
  list?: number[]
}

it('tells of all changes of one tick in one patch that holds only what is different', async () => {
  const topic = new Topic<State>('t', { n: 0, deep: { a: 1, b: 2 } })
  const changes: Change[] = []
  topic.subscribe((change) => changes.push(change))
  topic.merge({ n: 1 })
  topic.merge({ n: 2, deep: { a: 1, b: null } })
  topic.put({ list: [1] })
  await nextTick()
  expect(changes).toEqual([{ rev: 1, patch: { n: 2, deep: { b: null }, list: [1] } }])
})

it('says nothing when what was written is what was there', async () => {
  const topic = new Topic<State>('t', { n: 0, deep: { a: 1 } })
  const changes: Change[] = []
  topic.subscribe((change) => changes.push(change))
  topic.merge({ n: 0 })
  topic.put({ deep: { a: 1 } })
  await nextTick()
  expect(changes).toEqual([])
})

it('lets a snapshot and the patches after it add up to the state, whenever one subscribes', async () => {
  const topic = new Topic<State>('t', { n: 0, deep: { a: 1 } })
  topic.merge({ n: 1 })
  const { rev, snapshot } = topic.snapshot()
  let seen: State = snapshot
  let last = rev
  topic.subscribe((change) => {
    expect(change.rev).toBe(last + 1)
    last = change.rev
    seen = applyMergePatch(seen, change.patch)
  })
  await nextTick()
  topic.put({ list: [1, 2] })
  await nextTick()
  expect(seen).toEqual(topic.value)
})

it('tells everybody of one change before anybody of the next, also of one that a listener makes and reads', async () => {
  const topic = new Topic<State>('t', { n: 0, deep: { a: 1 } })
  const heard: [who: string, rev: number, n: number][] = []
  topic.subscribe(({ rev }, { n }) => {
    heard.push(['first', rev, n])
    if (n !== 1) return
    topic.merge({ n: 2 })
    expect(topic.snapshot()).toMatchObject({ rev: 2, snapshot: { n: 2 } })
  })
  topic.subscribe(({ rev }, { n }) => heard.push(['second', rev, n]))
  topic.merge({ n: 1 })
  await nextTick()
  expect(heard).toEqual([
    ['first', 1, 1],
    ['second', 1, 1],
    ['first', 2, 2],
    ['second', 2, 2],
  ])
})
