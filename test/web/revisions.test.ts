import { expect, it } from 'vitest'
import { Revisions, topicsBehind } from '../../web/link/revisions.ts'

interface State {
  fps?: number
  name?: string
}

function synced(): Revisions<State> {
  const revisions = new Revisions<State>()
  revisions.snapshot(4, { fps: 30, name: 'a' })
  return revisions
}

it('applies patches in their order', () => {
  const revisions = synced()
  expect(revisions.patch({ rev: 5, patch: { fps: 29 } })).toBe(true)
  expect(revisions.patch({ rev: 6, patch: { name: null } })).toBe(true)
  expect(revisions.value).toEqual({ fps: 29 })
})

it('leaves out a patch that the snapshot has in it already', () => {
  const revisions = synced()
  expect(revisions.patch({ rev: 4, patch: { fps: 1 } })).toBe(true)
  expect(revisions.value).toEqual({ fps: 30, name: 'a' })
})

it('tells of a missing patch, and changes nothing until a new snapshot', () => {
  const revisions = synced()
  expect(revisions.patch({ rev: 6, patch: { fps: 1 } })).toBe(false)
  expect(revisions.rev).toBeUndefined()
  expect(revisions.value).toEqual({ fps: 30, name: 'a' })
  expect(revisions.snapshot(9, { fps: 5 })).toBe(true)
  expect(revisions.value).toEqual({ fps: 5 })
})

it('keeps patches that overtake the snapshot', () => {
  const revisions = new Revisions<State>()
  revisions.patch({ rev: 6, patch: { name: 'b' } })
  revisions.patch({ rev: 5, patch: { fps: 29 } })
  expect(revisions.snapshot(4, { fps: 30 })).toBe(true)
  expect(revisions.value).toEqual({ fps: 29, name: 'b' })
})

it('tells of a hole among the patches that overtook the snapshot', () => {
  const revisions = new Revisions<State>()
  revisions.patch({ rev: 7, patch: { name: 'b' } })
  expect(revisions.snapshot(4, { fps: 30 })).toBe(false)
})

it('takes a patch that stands for several where it has exactly the state that it begins from', () => {
  const revisions = synced()
  expect(revisions.patch({ rev: 9, since: 4, patch: { fps: 5 } })).toBe(true)
  expect(revisions.rev).toBe(9)
  expect(revisions.value).toEqual({ fps: 5, name: 'a' })
  expect(revisions.patch({ rev: 10, patch: { name: 'b' } })).toBe(true)
})

it('asks anew rather than put such a patch on a state between: what came and went meanwhile is not in it', () => {
  const revisions = synced()
  revisions.patch({ rev: 5, patch: { name: 'b' } })
  expect(revisions.patch({ rev: 9, since: 4, patch: { fps: 5 } })).toBe(false)
  expect(revisions.value).toEqual({ fps: 30, name: 'b' })
  expect(revisions.rev).toBeUndefined()
})

it('asks anew when more patches overtook the snapshot than it keeps', () => {
  const revisions = new Revisions<State>()
  for (let rev = 1; rev <= 1001; rev++) revisions.patch({ rev, patch: { fps: rev } })
  expect(revisions.snapshot(0, {})).toBe(false)
  expect(revisions.rev).toBeUndefined()
})

it('finds the topics of which something is missing by what the bridge says that it has sent', () => {
  const have: Record<string, number | undefined> = {
    whole: 7,
    ahead: 9,
    behind: 6,
    asking: undefined,
    lost: 3,
  }
  const asked = { whole: 5, ahead: 7, behind: 6, asking: 2, lost: 3, gone: 1 }
  const sent = { whole: 7, ahead: 8, behind: 7, asking: 4, gone: 1 }
  expect(topicsBehind(asked, sent, (name) => have[name])).toEqual(['behind', 'lost'])
})
