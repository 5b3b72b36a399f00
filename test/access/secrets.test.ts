import { expect, it } from 'vitest'
import { z } from 'zod'
import { type Command, command, deviceOf, isAudited, reachOf } from '../../shared/wire/command.ts'
import { commands } from '../../shared/commands.ts'
import { concealed, secretsIn } from '../../shared/wire/conceal.ts'
import { deviceId } from '../../shared/wire/device.ts'
import { explainIssues } from '../../shared/wire/errors.ts'
import { bareSchema, definitionOf, partsOf } from '../../shared/wire/schema-parts.ts'
import { isDeclared, isPlain, plain, secret } from '../../shared/wire/secret.ts'
import { topics } from '../../shared/topics.ts'
import { holdsSecrets } from '../../shared/wire/conceal.ts'
import { addressShown } from '../../shared/watches/web-address.ts'
import { auditCall } from '../../bridge/server/audit-line.ts'
import { auditedRoutes } from '../../bridge/core/audited-routes.ts'
import { issuesWithoutInput, redacted } from '../../bridge/core/redact.ts'
import { callerAs } from '../support/caller.ts'

const all = Object.entries<Command>(commands)
const audited = [
  ...all.filter(([, each]) => isAudited(each)).map(([name, { input }]) => [name, input] as const),
  ...Object.entries(auditedRoutes),
]

/** Kinds of values that can hold any text. */
const FREE = new Set(['string', 'unknown', 'any', 'custom', 'template_literal', 'file'])

/** The members, however deep, of which nobody has said whether they are secret. */
function undeclared(schema: z.core.$ZodType, path = ''): string[] {
  if (isDeclared(schema)) return []
  if (FREE.has(definitionOf(bareSchema(schema)).type)) return [path]
  return partsOf(schema).flatMap((part) => undeclared(part.schema, `${path}.${part.name}`))
}

it.each(audited)('%s says of each text of its input whether it is secret', (_, input) => {
  expect(undeclared(input)).toEqual([])
})

it('finds a text that nobody has declared, wherever it stands', () => {
  const text = z.string()
  const odd = z.object({
    a: z.array(z.object({ b: text.optional() })),
    c: z.record(plain(z.string()), z.unknown()),
    d: z.union([z.number(), text.default('')]),
    e: plain(text.max(3)).optional(),
  })
  expect(undeclared(odd)).toEqual(['.a.[].b', '.c.{}', '.d.|'])
})

const kept = (name: string, input: unknown): string =>
  auditCall({ name, input, caller: callerAs(), result: { ok: true, value: {} }, ms: 0 }).input

it('keeps no password of a command, whatever its member is called', () => {
  const input = { current: 'correct horse battery', password: 'staple staple staple' }
  expect(JSON.parse(kept('session.password', input))).toEqual({ current: '(secret)', password: '(secret)' })
  expect(kept('user.add', { name: 'anna', role: 'viewer', password: 'staple staple staple' })).toBe(
    '{"name":"anna","role":"viewer","password":"(secret)"}',
  )
})

it('keeps nothing in clear of what does not parse: neither its names nor its values', () => {
  const line = kept('user.add', {
    name: 'hunter2 is mine',
    hunter2: 'hunter2',
    password: 7,
    role: ['hunter2'],
  })
  expect(line).not.toContain('hunter2')
  expect(JSON.parse(line)).toEqual({
    name: '(text of 15 characters)',
    password: '(number)',
    role: '(list of 1)',
    '(unknown)': '1 members',
  })
  expect(kept('user.add', 'hunter2')).toBe('"(text of 7 characters)"')
  expect(kept('no.such', { password: 'hunter2' })).toBe('"(object of 1 members)"')
  expect(kept('sign-in', { name: 'Hunter2!' })).toBe('{"name":"(text of 8 characters)"}')
})

it('says in the audit what was wrong with an input, without a word of the input', () => {
  const { input } = commands['token.add'] as Command
  const { error } = input.safeParse({ name: 'x', role: 'hunter2', scope: { hunter2: 1 } })
  expect(issuesWithoutInput(input, error!)).toBe('role: invalid_value; scope: 1 unknown members')
})

it('keeps of a watch of a page its host and its path, and no text that is typed', () => {
  const what = {
    kind: 'page',
    url: 'https://anna:pw@scope.lab/status?token=abc&page=2#frag',
    with: 'browser',
    steps: [{ do: 'type', at: { css: '#pw' }, text: 'hunter2' }],
  }
  const line = kept('watch.save', { name: 'w', what })
  expect(JSON.parse(line)).toMatchObject({
    what: {
      url: 'https://(secret):(secret)@scope.lab/status?token=(secret)&page=(secret)#(secret)',
      steps: [{ do: 'type', at: { css: '#pw' }, text: '(secret)' }],
    },
  })
})

it.each([
  ['http://10.0.0.7/status', 'http://10.0.0.7/status'],
  ['https://a@b:c@host/p', 'https://…:…@host/p'],
  ['https://host/p?token=abc&x=1#y', 'https://host/p?token=…&x=…#…'],
  ['https://host?abc', 'https://host?…'],
  [
    'https://${secret:lab-user}:${secret:lab}@host/?t=${secret:t}',
    'https://${secret:lab-user}:${secret:lab}@host/?t=${secret:t}',
  ],
  ['https://host/?t=a${secret:t}', 'https://host/?t=…'],
  // Browsers read these as https://user:pw@host/; what is not plainly an address is not shown.
  ['https:///user:pw@host/', '…'],
  ['https:\\\\user:pw@host/', '…'],
])('shows %s as %s', (address, shown) => {
  expect(addressShown(address)).toBe(shown)
})

it('finds the secrets of a value in an order that their places in the answer have too', () => {
  const schema = z.object({ a: z.array(secret(z.string())), b: secret(z.string()).optional() })
  const value = { a: ['one', '', 'two'], b: 'three' }
  expect(secretsIn(schema, value)).toEqual(['one', 'two', 'three'])
  let n = 0
  expect(concealed(schema, value, () => String(++n))).toEqual({ a: ['1', '', '2'], b: '3' })
})

it('has no secret in any topic: those go to everybody who may follow them', () => {
  for (const [kind, { state }] of Object.entries(topics)) expect(holdsSecrets(state), kind).toBe(false)
})

it.each(all.filter(([, { safe }]) => !safe))(
  '%s refuses a member that it does not have, naming it',
  (_, { input }) => {
    const { error } = input.safeParse({ surplus: 1 })
    expect(explainIssues(error!)).toContain('surplus: there is no such member')
  },
)

it('refuses unknown members deep within an input, and lets what makes safe through with one', () => {
  const { input } = commands['watch.save'] as Command
  const what = {
    kind: 'reading',
    device: 'dut',
    source: { from: 'power', channel: 1, deep: 1 },
    condition: { is: 'missing' },
  }
  expect(explainIssues(input.safeParse({ name: 'w', what }).error!)).toBe(
    'what.source.deep: there is no such member: leave it out',
  )
  expect(commands['estop.press'].input.safeParse({ why: 'smoke', surplus: 1 }).success).toBe(true)
})

it('lets no command name what it touches twice', () => {
  const input = z.object({ device: deviceId, camera: deviceId })
  expect(() => command({ about: 'x', role: 'viewer', input, output: z.object({}) })).toThrow(
    'declare one of them',
  )
})

it.each(all.filter(([, each]) => reachOf(each) === 'device'))(
  '%s names no device but the one',
  (name, { input }) => {
    const devices = Object.values<z.core.$ZodType>(input.shape).filter(
      (part) => bareSchema(part) === deviceId,
    )
    // A filter of the audit may name what is on the bench no longer.
    expect(devices).toHaveLength(name === 'audit.read' ? 0 : 1)
  },
)

it('finds the device of a call by the member that the command declares, and by no other', () => {
  const join = commands['camera.join'] as Command
  expect(deviceOf(join, { device: 'own', camera: 'other' })).toBe('other')
  expect(deviceOf(commands['camera.set'] as Command, { device: 'own', camera: 'other' })).toBe('own')
})

it('declares deliberately: a mark holds for what is made optional of a schema, and is not both', () => {
  expect(isPlain(plain(z.string()).optional())).toBe(true)
  expect(redacted(z.object({ a: secret(z.string()).optional() }), { a: 'x' })).toEqual({ a: '(secret)' })
})
