import { expect, it, onTestFinished } from 'vitest'
import type { Caller } from '../../bridge/device/device.ts'
import { Refusals } from '../../bridge/server/refusals.ts'
import type { NewEntry } from '../../bridge/access/audit.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import { callerAs } from '../support/caller.ts'

function rig(): { refusals: Refusals; lines: NewEntry[] } {
  const lines: NewEntry[] = []
  const refusals = new Refusals((line) => lines.push(line))
  onTestFinished(() => refusals[Symbol.dispose]())
  return { refusals, lines }
}

const refused = { ok: false as const, error: new BenchError('role.required', 'no').toFailure() }
const call = (name: string, caller?: Caller) => ({ name, input: {}, caller, result: refused, ms: 1 })

it('writes one line for each address of strangers, with the count and what was tried', () => {
  const { refusals, lines } = rig()
  for (let i = 0; i < 1000; i++) refusals.count('192.0.2.1', 'camera.set', 'session.required')
  refusals.audit({
    ...{ name: 'sign-in', input: { name: 'ada' }, caller: undefined, address: '::ffff:192.0.2.1' },
    ...{ result: { ok: false, error: new BenchError('credentials.invalid', 'wrong').toFailure() }, ms: 80 },
  })
  refusals.count('192.0.2.2', 'GET /api/audit.csv', 'session.required')
  expect(lines).toEqual([])
  refusals.flush()
  expect(lines).toMatchObject([
    {
      ...{ who: 'nobody', via: 'none', address: '192.0.2.1', action: 'calls.counted' },
      ...{ outcome: 'session.required', message: '1001 within a minute' },
      input: '{"count":1001,"tried":{"camera.set":1000,"sign-in as ada":1}}',
    },
    { address: '192.0.2.2', input: '{"count":1,"tried":{"GET /api/audit.csv":1}}' },
  ])
  refusals.flush()
  expect(lines).toHaveLength(2)
})

it('counts what is tried beyond 8 things, and by more than 100 addresses, together', () => {
  const { refusals, lines } = rig()
  for (let i = 0; i < 5000; i++)
    refusals.count(`10.0.${i >> 8}.${i & 255}`, `GET /${i}`.padEnd(500, 'x'), 'session.required')
  for (let i = 0; i < 20; i++) refusals.count('10.0.0.0', `GET /again/${i}`, 'session.required')
  refusals.flush()
  expect(lines).toHaveLength(101)
  const [first, last] = [lines[0]!, lines.at(-1)!].map(({ address, input }) => ({
    address,
    ...(JSON.parse(input) as { count: number; tried: Record<string, number> }),
  }))
  expect(first).toMatchObject({ address: '10.0.0.0', count: 21, tried: { other: 13 } })
  expect(last).toMatchObject({ address: 'other addresses', count: 4900, tried: { other: 4892 } })
  for (const { input } of lines) expect(input.length).toBeLessThan(1000)
})

it('keeps a line for each refusal to a person, up to 200 a minute, and counts the rest', () => {
  const { refusals, lines } = rig()
  const ada = callerAs({ name: 'ada', via: 'session', key: 'a' })
  for (let i = 0; i < 500; i++) refusals.audit(call('camera.set', { ...ada, client: `page ${i}` }))
  refusals.audit(call('camera.set', callerAs({ name: 'bob', via: 'session', key: 'b' })))
  expect(lines).toHaveLength(201)
  refusals.flush()
  expect(lines).toHaveLength(202)
  expect(lines.at(-1)).toMatchObject({
    ...{ who: 'ada', via: 'session', action: 'calls.counted', outcome: 'role.required' },
    input: '{"count":300,"tried":{"camera.set":300}}',
  })
  refusals.audit(call('camera.set', ada))
  expect(lines.at(-1)).toMatchObject({ who: 'ada', action: 'camera.set' })
})

it('keeps every line of what was done, but of stops, which are never held back', () => {
  const { refusals, lines } = rig()
  const done = { ok: true as const, value: {} }
  for (let i = 0; i < 500; i++) refusals.audit({ ...call('camera.set', callerAs()), result: done })
  expect(lines).toHaveLength(500)
  for (let i = 0; i < 500; i++) refusals.audit({ ...call('estop.press', callerAs()), result: done })
  expect(lines).toHaveLength(700)
})
