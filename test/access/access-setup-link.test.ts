import { expect, it } from 'vitest'
import { AccessRig, ADDRESS, HOUR, PASSWORD } from './access-rig.ts'

const keyOf = (path: string | undefined): string =>
  /^\/#\/set-up\?key=([\w-]{43})$/.exec(path ?? '')?.[1] ?? ''
const REFUSED = { code: 'credentials.invalid' }

it('lets whoever has the link make the first administrator, once', async () => {
  await using rig = await AccessRig.open()
  const key = keyOf(rig.access.setupPath())
  const secret = await rig.access.setUp(key, 'ada', PASSWORD, ADDRESS)
  expect(rig.access.identify(rig.cookieOf(secret), undefined)).toMatchObject({
    name: 'ada',
    role: 'administrator',
  })
  await expect(rig.access.setUp(key, 'eve', PASSWORD, ADDRESS)).rejects.toMatchObject(REFUSED)
  expect(rig.access.users.list()).toHaveLength(1)
})

it('takes one of two who use it at the same moment', async () => {
  await using rig = await AccessRig.open()
  const key = keyOf(rig.access.setupPath())
  const both = ['ada', 'eve'].map((name) => rig.access.setUp(key, name, PASSWORD, ADDRESS))
  const ends = (await Promise.allSettled(both)).map(({ status }) => status)
  expect(ends.toSorted()).toEqual(['fulfilled', 'rejected'])
  expect(rig.access.users.list()).toHaveLength(1)
})

it('makes no link when there are users', async () => {
  await using rig = await AccessRig.open()
  await rig.access.users.add('ada', 'administrator', PASSWORD)
  expect((await rig.openAnother()).setupPath()).toBeUndefined()
})

it('refuses the link once there are users, the command line having made one', async () => {
  await using rig = await AccessRig.open()
  const key = keyOf(rig.access.setupPath())
  await rig.access.users.add('ada', 'administrator', PASSWORD)
  await expect(rig.access.setUp(key, 'eve', PASSWORD, ADDRESS)).rejects.toMatchObject(REFUSED)
})

it('refuses it after an hour, after a restart, and any other key', async () => {
  await using rig = await AccessRig.open()
  const key = keyOf(rig.access.setupPath())
  for (const wrong of ['', 'A'.repeat(43), key.slice(1)]) {
    await expect(rig.access.setUp(wrong, 'eve', PASSWORD, ADDRESS)).rejects.toMatchObject(REFUSED)
  }
  await expect((await rig.openAnother()).setUp(key, 'eve', PASSWORD, ADDRESS)).rejects.toMatchObject(REFUSED)
  rig.now += HOUR
  await expect(rig.access.setUp(key, 'eve', PASSWORD, ADDRESS)).rejects.toMatchObject(REFUSED)
  expect(rig.access.users.empty).toBe(true)
})

it('is not used up by a name or a password that will not do', async () => {
  await using rig = await AccessRig.open()
  const key = keyOf(rig.access.setupPath())
  for (const [name, password] of [
    ['Ada L', PASSWORD],
    ['ada', 'short'],
    ['ada', 'i-am-ada-lovelace'],
  ] as const) {
    const attempt = rig.access.setUp(key, name, password, ADDRESS)
    await expect(attempt).rejects.toMatchObject({ code: 'input.invalid' })
  }
  await expect(rig.access.setUp(key, 'ada', PASSWORD, ADDRESS)).resolves.toBeTypeOf('string')
})
