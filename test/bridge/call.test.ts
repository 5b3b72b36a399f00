import { pino } from 'pino'
import { expect, it } from 'vitest'
import { satisfies } from '../../shared/access.ts'
import { role } from '../../shared/access.ts'
import type { Command } from '../../shared/command.ts'
import { commands } from '../../shared/commands.ts'
import { BenchError } from '../../shared/errors.ts'
import type { Caller, Handlers } from '../../bridge/core/device.ts'
import { Commands } from '../../bridge/server/call.ts'

const caller = (held: Caller['role']): Caller => ({
  role: held,
  address: 'test',
  signal: new AbortController().signal,
})
const none = (): never => {
  throw new BenchError('device.unknown', 'there is no such device')
}
const doors = (handlers: Handlers, device = none): Commands =>
  new Commands(handlers, device, pino({ level: 'silent' }))

it.each(Object.entries<Command>(commands))(
  '%s refuses whoever lacks the role, before it looks at the input',
  async (name, command) => {
    for (const held of role.options.filter((held) => !satisfies(held, command.role))) {
      const result = await doors({}).call(name, 'nonsense', caller(held))
      expect(result).toMatchObject({ ok: false, error: { code: 'role.required' } })
    }
  },
)

it('parses the input once, fills in defaults, and hands it on', async () => {
  let seen: unknown
  const answer = await doors({ 'trace.list': (input) => ((seen = input), Promise.resolve([])) }).call(
    'trace.list',
    {},
    caller('viewer'),
  )
  expect(answer).toEqual({ ok: true, value: [] })
  expect(seen).toEqual({ limit: 100 })
})

it('says what is wrong with an input, where', async () => {
  const result = await doors({}).call('sweep.start', { device: 'dut', startNm: 'x' }, caller('operator'))
  expect(result).toMatchObject({
    ok: false,
    error: { code: 'input.invalid', message: expect.stringContaining('startNm: ') },
  })
})

it('says that there is no such command, no such device, or that the device cannot do it', async () => {
  expect(await doors({}).call('no.such', {}, caller('viewer'))).toMatchObject({
    error: { code: 'input.invalid' },
  })
  const abort = { device: 'dut' }
  expect(await doors({}).call('sweep.abort', abort, caller('operator'))).toMatchObject({
    error: { code: 'device.unknown' },
  })
  const mute = { commands: {}, stop() {}, [Symbol.asyncDispose]: () => Promise.resolve() }
  const result = await new Commands({}, () => mute, pino({ level: 'silent' })).call(
    'sweep.abort',
    abort,
    caller('operator'),
  )
  expect(result).toMatchObject({ error: { code: 'device.unsupported', device: 'dut' } })
})

it('lets no unknown error out of the house', async () => {
  const leaky = doors({ 'trace.list': () => Promise.reject(new Error('password is hunter2')) })
  const result = await leaky.call('trace.list', {}, caller('viewer'))
  expect(result).toMatchObject({ ok: false, error: { code: 'internal' } })
  expect(JSON.stringify(result)).not.toContain('hunter2')
})
