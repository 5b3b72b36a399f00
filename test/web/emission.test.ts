import { expect, it } from 'vitest'
import type { BenchState } from '../../shared/bench/bench.ts'
import type { EmissionState } from '../../shared/wire/device.ts'
import { emissionBadge, emittingDevices, endedDevices } from '../../web/control/emission.ts'

const ended = { at: 5, why: 'the lease lapsed' }

function bench(emissions: Record<string, EmissionState | undefined>): BenchState {
  const ids = Object.keys(emissions)
  return {
    ...{ title: '', version: '1', startedAt: 0, guardian: { state: 'present', since: 0 }, storage: {} },
    order: ids.toReversed(),
    devices: Object.fromEntries(
      ids.map((id) => [
        id,
        {
          ...{ id, kind: 'instrument.scpi', family: 'instrument', title: id },
          lifecycle: { phase: 'ready', since: 0 },
          emission: emissions[id],
        },
      ]),
    ),
  }
}

it('tells which devices emit, in the order of the bench', () => {
  const on = { emitting: true, since: 0 }
  const state = bench({ a: on, b: { emitting: false, since: 0 }, c: on, d: undefined })
  expect(emittingDevices(state).map(({ id }) => id)).toEqual(['c', 'a'])
  expect(emittingDevices(undefined)).toEqual([])
})

it('tells why emission ended until the next begins', () => {
  const state = bench({ a: { emitting: false, since: 5, ended }, b: { emitting: true, since: 6, ended } })
  expect(endedDevices(state).map(({ id, ended: { why } }) => [id, why])).toEqual([['a', 'the lease lapsed']])
})

it('begins the title with light that is on, and says of a bench that is not heard that it was', () => {
  const lit = bench({ a: { emitting: true, since: 0 } })
  expect(emissionBadge(lit, false)).toBe('LIGHT ON: ')
  expect(emissionBadge(lit, true)).toBe('Light was on: ')
  expect(emissionBadge(bench({ a: { emitting: false, since: 0 } }), false)).toBe('')
  expect(emissionBadge(undefined, true)).toBe('')
})
