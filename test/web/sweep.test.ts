import { expect, it } from 'vitest'
import { OwnSweep } from '../../web/instrument/own-sweep.ts'
import { checkDraft } from '../../web/instrument/sweep-fields.ts'

const draft = { startNm: 1540, stopNm: 1560, samplingPm: 1, speedNmPerS: 20 }

it('takes a whole draft as settings', () => {
  expect(checkDraft(draft)).toEqual({ settings: draft, problems: {} })
})

it('says of each field what is wrong with it', () => {
  expect(checkDraft({ ...draft, startNm: undefined }).problems).toEqual({ startNm: 'a number is needed' })
  expect(checkDraft({ ...draft, stopNm: 1540 }).problems).toEqual({ stopNm: 'above the start' })
  expect(checkDraft({ ...draft, stopNm: 1540 }).settings).toBeUndefined()
})

it('knows the end of a sweep of its own once, and no other', () => {
  const own = new OwnSweep()
  const before = { phase: 'done', progress: 1, endedAt: 10 } as const
  expect(own.ended(before)).toBe(false)
  own.begin(before)
  expect(own.ended(before)).toBe(false)
  expect(own.ended({ phase: 'running', progress: 0.5 })).toBe(false)
  const after = { phase: 'done', progress: 1, endedAt: 20 } as const
  expect(own.ended(after)).toBe(true)
  expect(own.ended(after)).toBe(false)
})

it('fetches nothing after a sweep that was aborted', () => {
  const own = new OwnSweep()
  own.begin(undefined)
  expect(own.ended({ phase: 'aborted', progress: 0.5, endedAt: 20 })).toBe(false)
  expect(own.ended({ phase: 'done', progress: 1, endedAt: 30 })).toBe(false)
})
