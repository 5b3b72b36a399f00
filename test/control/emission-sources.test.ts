import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { EmissionSources } from '../../bridge/instrument/scpi/emission-sources.ts'
import { NotedGuard } from '../support/guard.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function rig(...names: string[]): { sources: EmissionSources; said: string[]; guard: NotedGuard } {
  const guard = new NotedGuard()
  const sources = new EmissionSources(guard)
  sources.add(names)
  return { sources, said: guard.said, guard }
}

it('is dark once each source has said so, and not before', () => {
  const { sources, said } = rig('a', 'b')
  sources.saw('a', false)
  expect(said).toEqual([])
  sources.saw('b', false)
  expect(said).toEqual(['seenDark'])
})

it('tells of each change once, however often it is asked', () => {
  const { sources, said } = rig('a')
  for (const on of [false, false, true, true, false, false]) sources.saw('a', on)
  expect(said).toEqual(['seenDark', 'seenEmitting', 'seenDark'])
})

it('does not believe a source that says "off" right after it was switched on: it may take a moment', () => {
  const { sources, said } = rig('a')
  sources.saw('a', false)
  sources.lighting(['a'])
  vi.advanceTimersByTime(1400)
  sources.saw('a', false)
  expect(sources.mayEmit).toBe(true)
  vi.advanceTimersByTime(200)
  sources.saw('a', false)
  expect(said).toEqual(['seenDark', 'mayEmit', 'seenDark'])
})

it('believes it at once when it was told to go off since', () => {
  const { sources, said } = rig('a', 'b')
  sources.proven()
  sources.lighting(['a'])
  sources.toldOff(['b'])
  sources.saw('a', false)
  sources.toldOff(['a'])
  expect(said).toEqual(['seenDark', 'mayEmit'])
  sources.saw('a', false)
  expect(said).toEqual(['seenDark', 'mayEmit', 'seenDark'])
})

it('takes what one has said before it came into doubt for nothing', () => {
  const { sources, said } = rig('sweep', 'laser')
  sources.proven()
  sources.saw('sweep', true)
  sources.doubt(['laser'])
  sources.saw('sweep', false)
  expect(said).toEqual(['seenDark', 'seenEmitting'])
  sources.saw('laser', false)
  expect(said).toEqual(['seenDark', 'seenEmitting', 'seenDark'])
})

it('changes nothing when the guard refuses', () => {
  const { sources, said, guard } = rig('a')
  sources.proven()
  guard.refuse = new Error('the guardian is lost')
  expect(() => sources.lighting()).toThrow('the guardian is lost')
  expect(sources.mayEmit).toBe(false)
  sources.saw('a', false)
  expect(said).toEqual(['seenDark'])
})
