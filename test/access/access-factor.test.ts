import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import type { Caller } from '../../bridge/device/device.ts'
import { callerAs } from '../support/caller.ts'
import { AccessRig, ADDRESS, PASSWORD, ROOT } from './access-rig.ts'

const STEP = 30_000
const REQUIRED = { code: 'factor.required' }
const WRONG = { code: 'credentials.invalid' }

function base32(text: string): Buffer {
  const bits = [...text]
    .map((digit) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(digit).toString(2).padStart(5, '0'))
    .join('')
  return Buffer.from(bits.match(/.{8}/g)!.map((byte) => parseInt(byte, 2)))
}

/** An authenticator app (RFC 6238, RFC 4226 section 5.3). */
function codeAt(secret: Buffer, ms: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(ms / STEP)))
  const hash = createHmac('sha1', secret).update(counter).digest()
  const at = hash.at(-1)! & 0xf
  return String((hash.readUInt32BE(at) & 0x7fff_ffff) % 1_000_000).padStart(6, '0')
}

it('has an authenticator in its tests that is one (RFC 6238 appendix B)', () => {
  expect(codeAt(Buffer.from('12345678901234567890'), 59_000)).toBe('287082')
  expect(codeAt(Buffer.from('12345678901234567890'), 1_111_111_109_000)).toBe('081804')
})

interface Enrolled {
  rig: AccessRig
  ada: Caller
  /** The app's code now, or so many steps from now. */
  code: (steps?: number) => string
  recoveryCodes: string[]
  signIn: (code?: string) => Promise<string>
}

async function begun(): Promise<{ rig: AccessRig; ada: Caller; uri: string; code: Enrolled['code'] }> {
  const rig = await AccessRig.open()
  await rig.access.users.add('ada', 'administrator', PASSWORD)
  const ada = callerAs(rig.access.identify(await rig.signIn('ada'), undefined))
  const { uri, secret } = await rig.call('session.enrolFactor', {}, ada)
  return { rig, ada, uri, code: (steps = 0) => codeAt(base32(secret), rig.now + steps * STEP) }
}

async function enrolled(): Promise<Enrolled> {
  const { rig, ada, code } = await begun()
  const { recoveryCodes } = await rig.call('session.confirmFactor', { code: code() }, ada)
  // The code that has confirmed it is used up.
  rig.now += STEP
  const signIn = (given?: string): Promise<string> =>
    rig.access.signIn('ada', PASSWORD, ADDRESS, { code: given })
  return { rig, ada, code, recoveryCodes, signIn }
}

it('is asked for once its owner has confirmed it with a code, and not before', async () => {
  const { rig, ada, uri, code } = await begun()
  await using _ = rig
  expect(uri).toMatch(/^otpauth:\/\/totp\/.*ada\?.*secret=[A-Z2-7]{32}.*/)
  await expect(rig.signIn('ada')).resolves.toBeTypeOf('string')
  await expect(rig.call('session.confirmFactor', { code: code(5) }, ada)).rejects.toMatchObject(WRONG)
  expect(await rig.call('session.credentials', {}, ada)).toEqual({
    kind: 'password',
    enrolled: false,
    recoveryCodes: 0,
  })
  await rig.call('session.confirmFactor', { code: code() }, ada)
  expect(await rig.call('session.credentials', {}, ada)).toEqual({
    kind: 'password',
    enrolled: true,
    recoveryCodes: 10,
  })
  await expect(rig.signIn('ada')).rejects.toMatchObject(REQUIRED)
  await rig.restart()
  await expect(rig.signIn('ada')).rejects.toMatchObject(REQUIRED)
})

it('is confirmed within 10 minutes, in the session that has begun it', async () => {
  const { rig, ada, code } = await begun()
  await using _ = rig
  const there = callerAs(rig.access.identify(await rig.signIn('ada'), undefined))
  await expect(rig.call('session.confirmFactor', { code: code() }, there)).rejects.toMatchObject(WRONG)
  rig.monotonic += 10 * 60_000
  await expect(rig.call('session.confirmFactor', { code: code() }, ada)).rejects.toThrow('begin anew')
})

it('takes the code of now and those beside it, each once', async () => {
  const { rig, code, signIn } = await enrolled()
  await using _ = rig
  await expect(signIn(code(2))).rejects.toMatchObject(WRONG)
  await expect(signIn(code())).resolves.toBeTypeOf('string')
  await expect(signIn(code())).rejects.toThrow('used already')
  await expect(signIn(code(-1)), 'one from before').rejects.toThrow('used already')
  await expect(signIn(` ${code(1).slice(0, 3)} ${code(1).slice(3)} `)).resolves.toBeTypeOf('string')
  await rig.restart()
  await expect(signIn(code(1)), 'after a restart').rejects.toThrow('used already')
})

it('takes one code of two sign-ins at the same moment for one', async () => {
  const { rig, code, signIn } = await enrolled()
  await using _ = rig
  const ends = await Promise.allSettled([signIn(code()), signIn(code())])
  expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
})

it('says nothing of the code to whoever does not know the password', async () => {
  const { rig, code } = await enrolled()
  await using _ = rig
  const attempt = rig.access.signIn('ada', 'not the password', ADDRESS, { code: code() })
  await expect(attempt).rejects.toThrow('the name or the password is wrong')
})

it('counts wrong codes as attempts to sign in', async () => {
  const { rig, signIn } = await enrolled()
  await using _ = rig
  const codes = new Set<string>()
  for (let i = 0; i < 20; i++)
    await signIn('000000').catch((error: unknown) => codes.add((error as { code: string }).code))
  expect(codes).toContain('attempts.exceeded')
})

it('takes each recovery code once, however it is typed, and no other', async () => {
  const { rig, ada, recoveryCodes, signIn } = await enrolled()
  await using _ = rig
  expect(new Set(recoveryCodes).size).toBe(10)
  for (const one of recoveryCodes) expect(one).toMatch(/^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/)
  await expect(signIn(recoveryCodes[0])).resolves.toBeTypeOf('string')
  await expect(signIn(recoveryCodes[0])).rejects.toMatchObject(WRONG)
  await expect(signIn(recoveryCodes[1]!.toUpperCase().replaceAll('-', ' '))).resolves.toBeTypeOf('string')
  expect(await rig.call('session.credentials', {}, ada)).toEqual({
    kind: 'password',
    enrolled: true,
    recoveryCodes: 8,
  })
  const renewed = await rig.call('session.renewRecoveryCodes', {}, ada)
  await rig.restart()
  await expect(signIn(recoveryCodes[2])).rejects.toMatchObject(WRONG)
  await expect(signIn(renewed.recoveryCodes[0])).resolves.toBeTypeOf('string')
})

it('is wanted in a proof, too', async () => {
  const { rig, ada, code } = await enrolled()
  await using _ = rig
  const prove = (given?: string) =>
    rig.call('session.prove', { password: PASSWORD, ...(given ? { code: given } : {}) }, ada)
  await expect(prove()).rejects.toMatchObject(REQUIRED)
  await prove(code())
  await expect(prove(code())).rejects.toThrow('used already')
})

it('is taken off by its owner, and by an administrator for whoever has lost it', async () => {
  for (const [name, input] of [
    ['session.removeFactor', {}],
    ['user.resetFactor', { name: 'ada' }],
  ] as const) {
    const { rig, ada, recoveryCodes, signIn } = await enrolled()
    await using _ = rig
    expect(await rig.call('user.list', {}, ROOT)).toMatchObject([{ name: 'ada', factor: true }])
    await rig.call(name, input, name === 'user.resetFactor' ? ROOT : ada)
    await rig.restart()
    await expect(signIn()).resolves.toBeTypeOf('string')
    await expect(signIn(recoveryCodes[0]), 'a code that nobody asks for').resolves.toBeTypeOf('string')
    await expect(rig.call(name, input as never, name === 'user.resetFactor' ? ROOT : ada)).rejects.toThrow(
      'has no second factor',
    )
  }
})

it('keeps no recovery code in the database', async () => {
  const { rig, recoveryCodes } = await enrolled()
  await using _ = rig
  const kept = JSON.stringify(rig.db.prepare('SELECT * FROM recovery_code').all())
  expect(kept).toContain('ada')
  for (const code of recoveryCodes)
    for (const form of [code, code.replaceAll('-', '')]) expect(kept).not.toContain(form)
})
