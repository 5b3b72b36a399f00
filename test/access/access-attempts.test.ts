import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { Attempts } from '../../bridge/access/attempts.ts'
import { KnownBrowsers } from '../../bridge/access/known-browsers.ts'
import { AccessRig, PASSWORD } from './access-rig.ts'

const MINUTE = 60_000
const SLOWED = { code: 'attempts.exceeded', message: expect.stringMatching(/try again in \d+ s/) }

class Rig {
  now = 0
  readonly attempts = new Attempts(() => this.now)

  /** Tries a wrong password; answers for how many seconds it is refused, 0 when it was taken. */
  async wrong(account: string, address: string, browser?: string): Promise<number> {
    const refused = await this.attempts.begin(account, address, browser).then(
      () => undefined,
      (error: unknown) => error as { code: string; message: string },
    )
    if (!refused) return 0
    expect(refused).toMatchObject(SLOWED)
    return Number(/in (\d+) s/.exec(refused.message)?.[1])
  }

  async right(account: string, address: string, browser?: string): Promise<number> {
    const refused = await this.wrong(account, address, browser)
    if (refused === 0) await this.attempts.succeeded(account, address, browser)
    return refused
  }
}

it('blocks an account for the network that guesses at it, and lets its owner in from elsewhere', async () => {
  const rig = new Rig()
  for (let i = 0; i < 5; i++) expect(await rig.wrong('ada', '192.0.2.1')).toBe(0)
  expect(await rig.right('ada', '192.0.2.1')).toBe(60)
  expect(await rig.right('ada', '192.0.2.2')).toBe(0)
  expect(await rig.right('bob', '192.0.2.1')).toBe(0)
})

it('doubles the pause with every further guess, up to an hour, and counts what it refuses as no guess', async () => {
  const rig = new Rig()
  for (let i = 0; i < 5; i++) await rig.wrong('ada', '192.0.2.1')
  const pauses: number[] = []
  for (let i = 0; i < 8; i++) {
    pauses.push(await rig.wrong('ada', '192.0.2.1'))
    expect(await rig.wrong('ada', '192.0.2.1')).toBe(pauses.at(-1))
    rig.now += pauses.at(-1)! * 1000
    expect(await rig.wrong('ada', '192.0.2.1')).toBe(0)
  }
  expect(pauses).toEqual([60, 120, 240, 480, 960, 1920, 3600, 3600])
})

it('slows a guess at one account from many networks, but no browser or network that it has signed in from', async () => {
  const rig = new Rig()
  expect(await rig.right('ada', '198.51.100.1')).toBe(0)
  for (let i = 0; i < 20; i++) expect(await rig.wrong('ada', `192.0.2.${i}`)).toBe(0)
  expect(await rig.wrong('ada', '192.0.2.99')).toBe(30)
  for (let i = 0; i < 100; i++) {
    rig.now += 5000
    await rig.wrong('ada', `203.0.113.${i}`)
    expect(await rig.wrong('ada', '203.0.113.200')).toBeGreaterThan(0)
  }
  expect(await rig.right('ada', '198.51.100.1')).toBe(0)
  expect(await rig.right('ada', '192.0.2.99', 'her laptop')).toBe(0)
})

it('lets a known browser in from a network that guesses, and slows down whoever guesses in one', async () => {
  const rig = new Rig()
  for (let i = 0; i < 5; i++) await rig.wrong('ada', '192.0.2.1')
  expect(await rig.right('ada', '192.0.2.1', 'her laptop')).toBe(0)
  for (let i = 0; i < 5; i++) expect(await rig.wrong('ada', '192.0.2.1', 'stolen')).toBe(0)
  expect(await rig.wrong('ada', '192.0.2.1', 'stolen')).toBe(60)
  expect(await rig.right('ada', '192.0.2.1', 'her laptop')).toBe(0)
})

it('lets this machine in whoever guesses elsewhere, and makes it wait for 10 s at most', async () => {
  const rig = new Rig()
  for (let i = 0; i < 60; i++) await rig.wrong('ada', `192.0.2.${i}`)
  for (const address of ['127.0.0.1', '::ffff:127.0.0.1', '::1'])
    expect(await rig.right('ada', address)).toBe(0)
  for (let i = 0; i < 50; i++) await rig.wrong('ada', '127.0.0.1')
  expect(await rig.wrong('ada', '127.0.0.1')).toBeLessThanOrEqual(10)
  rig.now += 10_000
  expect(await rig.right('ada', '127.0.0.1')).toBe(0)
})

it('slows guesses from one network down, whoever they are for', async () => {
  const rig = new Rig()
  for (let i = 0; i < 20; i++) expect(await rig.wrong(`user${i}`, `2001:db8:1:2::${i}`)).toBe(0)
  expect(await rig.right('ada', '2001:db8:1:2:3:4:5:6')).toBe(60)
  expect(await rig.right('ada', '2001:db8:1:3::1')).toBe(0)
  for (let i = 0; i < 20; i++) await rig.wrong(`user${i}`, '192.0.2.1')
  expect(await rig.right('ada', '::ffff:192.0.2.1')).toBe(60)
})

it('counts many guesses at once as many, and forgives those who sign in often', async () => {
  const rig = new Rig()
  const answers = await Promise.all(Array.from({ length: 12 }, () => rig.wrong('ada', '192.0.2.1')))
  expect(answers.filter((refused) => refused === 0)).toHaveLength(5)
  rig.now += MINUTE
  expect(await rig.right('ada', '192.0.2.1')).toBe(0)
  for (let i = 0; i < 30; i++) expect(await rig.right('ada', '192.0.2.1')).toBe(0)
})

it('keeps an account’s own pause while 20,000 others are guessed at', async () => {
  const rig = new Rig()
  for (let i = 0; i < 20; i++) await rig.wrong('ada', `192.0.2.${i}`)
  for (let i = 0; i < 20_000; i++) {
    await rig.wrong(`user${i}`, `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`)
    if (i % 1000 !== 0) continue
    rig.now += MINUTE
    expect(await rig.wrong('ada', `198.51.100.${i / 1000}`)).toBe(0)
  }
  expect(await rig.wrong('ada', '198.51.100.99')).toBe(60)
})

it('slows down whoever guesses the current password in an open session', async () => {
  await using rig = await AccessRig.open()
  await rig.access.users.add('ada', 'viewer', PASSWORD)
  const ada = rig.access.identify(await rig.signIn('ada'), undefined)!
  const change = { current: 'not the password', password: 'another good one' }
  for (let i = 0; i < 5; i++) {
    await expect(rig.call('session.password', change, ada)).rejects.toMatchObject({
      code: 'credentials.invalid',
    })
  }
  await expect(rig.call('session.password', change, ada)).rejects.toMatchObject(SLOWED)
  await expect(rig.signIn('ada')).resolves.toBeTypeOf('string')
})

it('knows a browser by its cookie again, after a restart too, for its own account alone', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'lightbench-')), 'browsers.key')
  const open = (): KnownBrowsers => KnownBrowsers.open(file, false, pino({ level: 'silent' }))
  const set = open().cookieFor('ada')
  expect(set).toMatch(/; Path=\/; HttpOnly; SameSite=Lax; Max-Age=34560000$/)
  const cookie = `lightbench=x; ${set.split(';', 1)[0]}`
  expect(open().find(cookie, 'ada')).toMatch(/^[\w-]{22}$/)
  expect(open().find(cookie, 'bob')).toBeUndefined()
  expect(
    open().find(
      cookie.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
      'ada',
    ),
  ).toBeUndefined()
  expect(new KnownBrowsers(Buffer.alloc(32), false).find(cookie, 'ada')).toBeUndefined()
})

it('binds the cookie to TLS where browsers use that', () => {
  expect(new KnownBrowsers(Buffer.alloc(32), true).cookieFor('ada')).toMatch(
    /^__Host-lightbench-browser-[0-9a-f]{8}=.*; Secure$/,
  )
})
