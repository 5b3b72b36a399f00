import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { AccessRig, PASSWORD } from './access-rig.ts'

// The limiter has no clock of its own to be given.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

const WRONG = { code: 'credentials.invalid' }
const SLOWED = { code: 'attempts.exceeded', message: expect.stringMatching(/try again in \d+ s/) }

async function rigWith(...names: string[]): Promise<AccessRig> {
  const rig = await AccessRig.open()
  for (const name of names) await rig.access.users.add(name, 'viewer', PASSWORD)
  return rig
}

async function guess(rig: AccessRig, name: string, address: string): Promise<unknown> {
  return rig.access.signIn(name, 'not the password', address).catch((error: unknown) => error)
}

it('slows guesses at one account down, wherever they come from, and takes the right one after the rest', async () => {
  await using rig = await rigWith('ada', 'bob')
  for (let i = 0; i < 5; i++) expect(await guess(rig, 'ada', `192.0.2.${i}`)).toMatchObject(WRONG)
  await expect(rig.signIn('ada', '192.0.2.99')).rejects.toMatchObject(SLOWED)
  await expect(rig.signIn('bob', '192.0.2.99')).resolves.toBeTypeOf('string')
  await vi.advanceTimersByTimeAsync(61_000)
  await expect(rig.signIn('ada', '192.0.2.99')).resolves.toBeTypeOf('string')
})

it('slows guesses from one address down, whoever they are for', async () => {
  await using rig = await rigWith('ada')
  for (let i = 0; i < 20; i++) expect(await guess(rig, `user${i}`, '192.0.2.1')).toMatchObject(WRONG)
  await expect(rig.signIn('ada', '192.0.2.1')).rejects.toMatchObject(SLOWED)
  await expect(rig.signIn('ada', '192.0.2.2')).resolves.toBeTypeOf('string')
})

it('takes the addresses of one IPv6 network, and an IPv4 address however it is written, for one', async () => {
  await using rig = await rigWith('ada')
  for (let i = 0; i < 20; i++) await guess(rig, `user${i}`, `2001:db8:1:2::${i}`)
  await expect(rig.signIn('ada', '2001:db8:1:2:3:4:5:6')).rejects.toMatchObject(SLOWED)
  await expect(rig.signIn('ada', '2001:db8:1:3::1')).resolves.toBeTypeOf('string')
  for (let i = 0; i < 20; i++) await guess(rig, `user${i + 20}`, '192.0.2.1')
  await expect(rig.signIn('ada', '::ffff:192.0.2.1')).rejects.toMatchObject(SLOWED)
})

it('counts many guesses at once as many', async () => {
  await using rig = await rigWith('ada')
  const guesses = Array.from({ length: 12 }, (_, i) => guess(rig, 'ada', `192.0.2.${i}`))
  const answers = (await Promise.all(guesses)) as { code: string }[]
  expect(answers.filter(({ code }) => code === 'credentials.invalid')).toHaveLength(5)
})

it('forgives an account once its user has signed in, and those who sign in often', async () => {
  await using rig = await rigWith('ada')
  for (let round = 0; round < 6; round++) {
    for (let i = 0; i < 3; i++) expect(await guess(rig, 'ada', `192.0.2.${round}`)).toMatchObject(WRONG)
    await expect(rig.signIn('ada', `192.0.2.${round}`)).resolves.toBeTypeOf('string')
  }
  for (let i = 0; i < 30; i++) await expect(rig.signIn('ada', '192.0.2.50')).resolves.toBeTypeOf('string')
})

it('slows down whoever guesses the current password in an open session', async () => {
  await using rig = await rigWith('ada')
  const ada = rig.access.identify(await rig.signIn('ada'), undefined)!
  const change = { current: 'not the password', password: 'another good one' }
  for (let i = 0; i < 5; i++) {
    await expect(rig.call('session.password', change, ada)).rejects.toMatchObject(WRONG)
  }
  await expect(rig.call('session.password', change, ada)).rejects.toMatchObject(SLOWED)
})
