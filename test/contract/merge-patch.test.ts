import { expect, it } from 'vitest'
import { applyMergePatch, diffMerge } from '../../shared/wire/merge-patch.ts'

it('applies the examples of RFC 7396, appendix A, that have objects at their root', () => {
  const cases: [object, object, object][] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ]
  for (const [target, patch, result] of cases) expect(applyMergePatch(target, patch)).toEqual(result)
})

it('leaves its target as it was, and shares the parts that did not change', () => {
  const target = { same: { x: 1 }, other: { y: 1 } }
  const result = applyMergePatch(target, { other: { y: 2 } })
  expect(target.other.y).toBe(1)
  expect(result.same).toBe(target.same)
})

it('finds the patch that turns one state into another, with nothing in it that is equal', () => {
  const before = { a: 1, gone: 'x', list: [1, 2], deep: { same: true, changed: 1 } }
  const after = { a: 1, list: [1, 3], deep: { same: true, changed: 2, fresh: {} } }
  const patch = diffMerge(before, after)
  expect(patch).toEqual({ gone: null, list: [1, 3], deep: { changed: 2, fresh: {} } })
  expect(applyMergePatch(before, patch ?? {})).toEqual(after)
  expect(diffMerge(after, structuredClone(after))).toBeUndefined()
})

it('says once that a member is gone, and nothing of one that never was', () => {
  expect(diffMerge({ a: undefined }, { a: undefined, b: 1 })).toEqual({ b: 1 })
  expect(diffMerge({ a: undefined }, {})).toBeUndefined()
  expect(diffMerge({ a: 1 }, { a: undefined })).toEqual({ a: null })
})
