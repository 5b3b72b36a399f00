import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Command } from '../../shared/wire/command.ts'
import { commands, findCommand } from '../../shared/commands.ts'
import { BenchError, unwrap } from '../../shared/wire/errors.ts'
import { topics } from '../../shared/topics.ts'

describe.each(Object.entries<Command>(commands))('%s', (name, command) => {
  it('says in one sentence what it is for', () => {
    expect(command.about).toMatch(/^[A-Z].*\.$/s)
  })

  it('is named <thing>.<verb>, or <thing>.<part>.<verb>, so that no Socket.IO event of its own can be meant', () => {
    expect(name).toMatch(/^[a-z]+(\.[a-z][a-zA-Z]*){1,2}$/)
  })

  it('can be described as JSON schema, input and output', () => {
    expect(() => [
      z.toJSONSchema(command.input, { io: 'input' }),
      z.toJSONSchema(command.output),
    ]).not.toThrow()
  })
})

it('says of each command that needs the lease at most one of what it does: to set is neither to move nor to emit', () => {
  for (const [name, { lease, emits, moves, sets }] of Object.entries<Command>(commands)) {
    if (emits || moves || sets) expect(lease, name).toBe(true)
    if (sets) expect(emits ?? moves, name).toBeUndefined()
  }
  const moving = Object.entries<Command>(commands).flatMap(([name, { moves }]) => (moves ? [name] : []))
  expect(moving).toEqual(
    expect.arrayContaining(['turret.move', 'turret.jog', 'turret.home', 'track.start', 'pattern.run']),
  )
})

it('finds declared names only, not what every object has', () => {
  expect(findCommand('sweep.start')).toBe(commands['sweep.start'])
  expect(findCommand('toString')).toBeUndefined()
  expect(findCommand('__proto__')).toBeUndefined()
})

it('lets no topic hold null, which in a patch means gone', () => {
  for (const { state } of Object.values(topics))
    expect(JSON.stringify(z.toJSONSchema(state))).not.toContain('"null"')
})

it('carries an error over the wire without its cause', () => {
  const error = new BenchError('device.timeout', 'too late', { device: 'dut', cause: new Error('secret') })
  expect(error.toFailure()).toEqual({ code: 'device.timeout', message: 'too late', device: 'dut' })
  expect(() => unwrap({ ok: false, error: error.toFailure() })).toThrow(BenchError)
})
