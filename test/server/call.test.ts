import { pino } from 'pino'
import { expect, it } from 'vitest'
import { role, satisfies } from '../../shared/access/access.ts'
import { type Command, isAudited, reachOf } from '../../shared/wire/command.ts'
import { commands } from '../../shared/commands.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import type { Device, Handlers } from '../../bridge/device/device.ts'
import { type Call, Commands } from '../../bridge/server/call.ts'
import { callerAs } from '../support/caller.ts'

const all = Object.entries<Command>(commands)
const none = (): never => {
  throw new BenchError('device.unknown', 'there is no such device')
}

interface Rig {
  handlers?: Handlers
  device?: () => Device
  permit?: () => void
  requireProof?: () => void
  mayContinue?: () => void
}

function doors({
  handlers = {},
  device = none,
  permit = () => {},
  requireProof = () => {},
  mayContinue = () => {},
}: Rig = {}): {
  commands: Commands
  kept: Call[]
} {
  const kept: Call[] = []
  const audit = (call: Call): void => void kept.push(call)
  const log = pino({ level: 'silent' })
  return {
    commands: new Commands({ handlers, device, permit, requireProof, mayContinue, audit, log }),
    kept,
  }
}

it.each(all)('%s refuses whoever lacks the role, before it looks at the input', async (name, command) => {
  const { commands } = doors()
  for (const held of role.options.filter((held) => !satisfies(held, command.role))) {
    const result = await commands.call(name, 'nonsense', callerAs({ role: held }))
    expect(result).toMatchObject({ ok: false, error: { code: 'role.required' } })
  }
  expect(await commands.call(name, 'nonsense', undefined)).toMatchObject({
    error: { code: 'session.required' },
  })
})

it.each(all.filter(([, command]) => isAudited(command)))(
  '%s is kept in the audit when it is refused',
  async (name) => {
    const { commands, kept } = doors()
    await commands.call(name, {}, undefined)
    expect(kept).toMatchObject([{ name, result: { ok: false } }])
  },
)

it.each(all.filter(([, { fresh }]) => fresh))(
  '%s asks for a proof before it looks at the input',
  async (name) => {
    const requireProof = (): never => {
      throw new BenchError('proof.required', 'who are you?')
    }
    const { commands } = doors({ requireProof })
    const administrator = callerAs({ role: 'administrator' })
    expect(await commands.call(name, 'nonsense', administrator)).toMatchObject({
      error: { code: 'proof.required' },
    })
  },
)

it('asks for a proof wherever rights are made or secrets are shown', () => {
  const asking = all.filter(([, { fresh }]) => fresh).map(([name]) => name)
  expect(asking).toEqual(expect.arrayContaining(['user.add', 'user.role', 'user.password', 'token.add']))
})

it('keeps everything that moves, emits, changes settings or makes safe in the audit', () => {
  for (const [name, command] of all) {
    if (command.lease || command.emits || command.safe) expect(isAudited(command), name).toBe(true)
    if (command.emits) expect(command.lease, `${name} emits without the lease`).toBe(true)
  }
})

it('asks of a step of the bridge’s own whether it may go on, and counts it as no call of anybody’s', async () => {
  const asked: string[] = []
  const { commands, kept } = doors({
    permit: () => asked.push('permit'),
    mayContinue: () => asked.push('mayContinue'),
    handlers: { 'turret.halt': () => Promise.resolve({}) },
  })
  const input = { device: 'turret' }
  for (let i = 0; i < 3000; i++) await commands.step('turret.halt', input, callerAs())
  expect(new Set(asked)).toEqual(new Set(['mayContinue']))
  expect(kept).toHaveLength(3000)
  expect(await commands.call('turret.halt', input, callerAs())).toMatchObject({ ok: true })
  expect(asked.at(-1)).toBe('permit')
  const refused = doors({
    mayContinue: () => {
      throw new BenchError('lease.required', 'nobody holds the lease')
    },
  })
  expect(await refused.commands.step('turret.halt', input, callerAs())).toMatchObject({
    error: { code: 'lease.required' },
  })
})

it('lets somebody who is bound to devices have a page, and control of those devices alone', async () => {
  const { commands } = doors({
    handlers: {
      'lease.take': () => Promise.resolve({}),
      'topic.read': () => Promise.resolve({ rev: 1, snapshot: {} }),
    },
  })
  const bound = callerAs({ role: 'administrator', scope: { devices: ['slide'] } })
  const code = async (name: string, input: unknown): Promise<unknown> => {
    const result = await commands.call(name, input, bound)
    return result.ok ? 'ok' : result.error.code
  }
  expect(await code('lease.take', {})).toBe('ok')
  for (const topic of ['bench', 'control', 'views', 'camera/slide'])
    expect(await code('topic.read', { topic }), topic).toBe('ok')
  for (const topic of ['watches', 'watchlist', 'camera/other', 'nonsense'])
    expect(await code('topic.read', { topic }), topic).toBe('scope.exceeded')
  for (const [name, command] of all) {
    if (reachOf(command) !== 'bench' || command.safe) continue
    expect(await code(name, {}), name).toBe('scope.exceeded')
    expect(await code(name, { topic: 'bench' }), name).toBe('scope.exceeded')
  }
})

it('lets a token that is bound to a camera reach that camera, and nothing else', async () => {
  const { commands } = doors({
    handlers: { 'camera.join': () => Promise.reject(new BenchError('media.unavailable', 'none')) },
  })
  const bound = callerAs({ role: 'administrator', via: 'token', scope: { devices: ['slide'] } })
  const code = async (name: string, input: unknown): Promise<unknown> => {
    const result = await commands.call(name, input, bound)
    return result.ok ? 'ok' : result.error.code
  }
  expect(await code('camera.join', { camera: 'slide' })).toBe('media.unavailable')
  expect(await code('camera.join', { camera: 'other' })).toBe('scope.exceeded')
  expect(await code('topic.read', { topic: 'camera/other' })).toBe('scope.exceeded')
  // To name its own besides does not help: what is not declared is refused, and what is declared is judged.
  expect(await code('camera.join', { device: 'slide', camera: 'other' })).toBe('input.invalid')
  expect(await code('stream.open', { topic: 'power/slide', stream: 'power/other' })).toBe('input.invalid')
  expect(await code('stream.open', { stream: 'power/other/7' })).toBe('scope.exceeded')
  expect(await code('stream.open', { stream: 'readings/other' })).toBe('scope.exceeded')
  expect(await code('sweep.abort', { device: 'other', camera: 'slide' })).toBe('scope.exceeded')
  expect(await code('topic.read', { topic: 'bench' })).toBe('scope.exceeded')
  for (const [name, command] of all) {
    if (reachOf(command) !== 'bench' || command.safe) continue
    expect(await code(name, {}), name).toBe('scope.exceeded')
  }
})

it('does a call that waits for nothing in the tick in which it arrives', () => {
  let done = false
  const { commands } = doors({
    handlers: { 'estop.press': () => ((done = true), Promise.resolve({ stopMs: 0 })) },
  })
  void commands.call('estop.press', {}, callerAs({ role: 'viewer' }))
  expect(done).toBe(true)
})

it('holds back a caller who calls too often, but never what makes safe', async () => {
  const { commands } = doors({
    handlers: {
      'trace.list': () => Promise.resolve([]),
      'estop.press': () => Promise.resolve({ stopMs: 0 }),
    },
  })
  const results = await Promise.all(
    Array.from({ length: 2000 }, () => commands.call('trace.list', {}, callerAs())),
  )
  const refused = results.filter((result) => !result.ok && result.error.code === 'calls.exceeded')
  expect(refused.length).toBeGreaterThan(1500)
  expect(refused.length).toBeLessThan(2000)
  expect(await commands.call('estop.press', {}, callerAs())).toMatchObject({ ok: true })
  // The name of its page a caller chooses.
  const renamed = await Promise.all(
    Array.from({ length: 100 }, () => commands.call('trace.list', {}, callerAs({ client: 'bbbbbbbbbbbb' }))),
  )
  expect(renamed.filter(({ ok }) => !ok).length).toBeGreaterThan(50)
  expect(await commands.call('trace.list', {}, callerAs({ key: 'another' }))).toMatchObject({ ok: true })
})

it('bounds what one session calls over all its connections, each of which is bounded by itself', async () => {
  const { commands } = doors({ handlers: { 'trace.list': () => Promise.resolve([]) } })
  const done = async (connection: string): Promise<number> => {
    const calls = Array.from({ length: 500 }, () =>
      commands.call('trace.list', {}, callerAs({ connection, client: connection })),
    )
    return (await Promise.all(calls)).filter(({ ok }) => ok).length
  }
  const first = await done('0')
  expect(first).toBeGreaterThanOrEqual(300)
  expect(first).toBeLessThan(400)
  let all = first
  for (let connection = 1; connection < 20; connection++) all += await done(String(connection))
  expect(all).toBeGreaterThanOrEqual(1200)
  expect(all).toBeLessThan(2000)
})

it('parses the input once, fills in defaults, and hands it on', async () => {
  let seen: unknown
  const { commands } = doors({ handlers: { 'trace.list': (input) => ((seen = input), Promise.resolve([])) } })
  expect(await commands.call('trace.list', {}, callerAs({ role: 'viewer' }))).toEqual({ ok: true, value: [] })
  expect(seen).toEqual({ limit: 100 })
})

it('says what is wrong with an input, where', async () => {
  const result = await doors().commands.call('sweep.start', { device: 'dut', startNm: 'x' }, callerAs())
  expect(result).toMatchObject({
    ok: false,
    error: { code: 'input.invalid', message: expect.stringContaining('startNm: ') },
  })
})

it('says that there is no such command, no such device, or that the device cannot do it', async () => {
  expect(await doors().commands.call('no.such', {}, callerAs())).toMatchObject({
    error: { code: 'input.invalid' },
  })
  const abort = { device: 'dut' }
  expect(await doors().commands.call('sweep.abort', abort, callerAs())).toMatchObject({
    error: { code: 'device.unknown' },
  })
  const mute = {
    commands: {},
    stop: () => Promise.resolve('proven' as const),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
  const result = await doors({ device: () => mute }).commands.call('sweep.abort', abort, callerAs())
  expect(result).toMatchObject({ error: { code: 'device.unsupported', device: 'dut' } })
})

it('lets no unknown error out of the house', async () => {
  const { commands } = doors({
    handlers: { 'trace.list': () => Promise.reject(new Error('password is hunter2')) },
  })
  const result = await commands.call('trace.list', {}, callerAs())
  expect(result).toMatchObject({ ok: false, error: { code: 'internal' } })
  expect(JSON.stringify(result)).not.toContain('hunter2')
})
