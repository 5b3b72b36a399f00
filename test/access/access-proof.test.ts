import { expect, it } from 'vitest'
import type { Caller } from '../../bridge/device/device.ts'
import { callerAs } from '../support/caller.ts'
import { AccessRig, PASSWORD, ROOT } from './access-rig.ts'

const MINUTE = 60_000
const NEEDED = { code: 'proof.required', message: expect.stringContaining('session.prove') as string }

async function signedIn(): Promise<{ rig: AccessRig; ada: Caller }> {
  const rig = await AccessRig.open()
  await rig.access.users.add('ada', 'administrator', PASSWORD)
  const known = rig.access.identify(await rig.signIn('ada'), undefined)!
  return { rig, ada: callerAs(known) }
}

/** Whether this session may make rights now. */
const may = (rig: AccessRig, caller: Caller) => expect(() => rig.access.requireProof(caller, 'user.add'))

it('lets a session make rights for 10 minutes after signing in, and after each proof', async () => {
  const { rig, ada } = await signedIn()
  await using _ = rig
  rig.monotonic += 10 * MINUTE - 1
  may(rig, ada).not.toThrow()
  rig.monotonic += 1
  may(rig, ada).toThrow(expect.objectContaining(NEEDED) as Error)
  await rig.call('session.prove', { password: PASSWORD }, ada)
  may(rig, ada).not.toThrow()
  rig.monotonic += 10 * MINUTE
  may(rig, ada).toThrow('session.prove')
})

it('takes no wrong password for one, and counts it as an attempt to sign in', async () => {
  const { rig, ada } = await signedIn()
  await using _ = rig
  rig.monotonic += 10 * MINUTE
  const prove = (): Promise<unknown> => rig.call('session.prove', { password: 'not the password' }, ada)
  await expect(prove()).rejects.toMatchObject({ code: 'credentials.invalid' })
  may(rig, ada).toThrow()
  let refused: unknown
  for (let i = 0; i < 20 && refused === undefined; i++)
    await prove().catch((error: { code: string }) => {
      if (error.code === 'attempts.exceeded') refused = error
    })
  expect(refused).toBeDefined()
})

it('is of one session, and of no other of the same person', async () => {
  const { rig, ada } = await signedIn()
  await using _ = rig
  rig.monotonic += 10 * MINUTE
  const there = callerAs(rig.access.identify(await rig.signIn('ada'), undefined))
  may(rig, there).not.toThrow()
  may(rig, ada).toThrow()
})

it('asks nothing of those who sit at the machine, and lets no token make rights', async () => {
  const { rig } = await signedIn()
  await using _ = rig
  may(rig, callerAs(ROOT)).not.toThrow()
  const { secret } = await rig.access.tokens.add({ name: 'a', role: 'administrator', scope: {} }, 'ada')
  const token = callerAs(rig.access.identify(undefined, `Bearer ${secret}`))
  may(rig, token).toThrow(/a token cannot/)
  await expect(rig.call('session.prove', { password: PASSWORD }, token)).rejects.toMatchObject({
    code: 'credentials.invalid',
  })
})

it('asks again after a restart', async () => {
  const { rig, ada } = await signedIn()
  await using _ = rig
  await rig.restart()
  may(rig, ada).toThrow()
})
