import * as argon2 from '@node-rs/argon2'
import { expect, it, vi } from 'vitest'
import { AccessRig, ADDRESS, PASSWORD } from './access-rig.ts'

vi.mock('@node-rs/argon2', { spy: true })

const KEPT = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/

it('does the same work for a user that there is and for one that there is not, and says the same', async () => {
  await using rig = await AccessRig.open()
  await rig.access.users.add('ada', 'viewer', PASSWORD)
  const verify = vi.mocked(argon2.verify)
  const answers = []
  for (const name of ['ada', 'nobody']) {
    verify.mockClear()
    const error: unknown = await rig.access.signIn(name, 'not the password', ADDRESS).catch((e: unknown) => e)
    expect(verify).toHaveBeenCalledOnce()
    expect(verify.mock.calls[0]?.[0]).toMatch(KEPT)
    expect(verify.mock.calls[0]?.[1]).toBe('not the password')
    answers.push((error as Error).message)
  }
  expect(answers[0]).toBe(answers[1])
})

it('lets nobody in with the password that unknown users are measured against', async () => {
  await using rig = await AccessRig.open()
  vi.mocked(argon2.verify).mockResolvedValueOnce(true)
  await expect(rig.access.signIn('nobody', PASSWORD, ADDRESS)).rejects.toMatchObject({
    code: 'credentials.invalid',
  })
})

it('does not let those in whose password was changed while the old one was looked at', async () => {
  await using rig = await AccessRig.open()
  await rig.access.users.add('ada', 'viewer', PASSWORD)
  vi.mocked(argon2.verify).mockImplementationOnce(async () => {
    await rig.access.users.setPassword('ada', 'a different password')
    return true
  })
  await expect(rig.signIn('ada')).rejects.toMatchObject({ code: 'credentials.invalid' })
})

it('works passwords out in threads, never on the event loop', async () => {
  await using rig = await AccessRig.open()
  const inThreads = vi.mocked(argon2.hash).mockClear()
  await rig.access.users.add('ada', 'viewer', PASSWORD)
  await rig.signIn('ada')
  expect(inThreads).toHaveBeenCalledOnce()
  expect(argon2.hashSync).not.toHaveBeenCalled()
  expect(argon2.verifySync).not.toHaveBeenCalled()
})
