import { expect, it } from 'vitest'
import { Revisions } from '../../web/lib/revisions.ts'

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
  expect(revisions.patch(5, { fps: 29 })).toBe(true)
  expect(revisions.patch(6, { name: null })).toBe(true)
  expect(revisions.value).toEqual({ fps: 29 })
})

it('leaves out a patch that the snapshot has in it already', () => {
  const revisions = synced()
  expect(revisions.patch(4, { fps: 1 })).toBe(true)
  expect(revisions.value).toEqual({ fps: 30, name: 'a' })
})

it('tells of a missing patch, and changes nothing until a new snapshot', () => {
  const revisions = synced()
  expect(revisions.patch(6, { fps: 1 })).toBe(false)
  expect(revisions.synced).toBe(false)
  expect(revisions.value).toEqual({ fps: 30, name: 'a' })
  expect(revisions.snapshot(9, { fps: 5 })).toBe(true)
  expect(revisions.value).toEqual({ fps: 5 })
})

it('keeps patches that overtake the snapshot', () => {
  const revisions = new Revisions<State>()
  revisions.patch(6, { name: 'b' })
  revisions.patch(5, { fps: 29 })
  expect(revisions.snapshot(4, { fps: 30 })).toBe(true)
  expect(revisions.value).toEqual({ fps: 29, name: 'b' })
})

it('tells of a hole among the patches that overtook the snapshot', () => {
  const revisions = new Revisions<State>()
  revisions.patch(7, { name: 'b' })
  expect(revisions.snapshot(4, { fps: 30 })).toBe(false)
})
