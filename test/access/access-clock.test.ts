import { expect, it } from 'vitest'
import { AccessRig, DAY, HOUR, PASSWORD, ROOT } from './access-rig.ts'

async function signedIn(): Promise<{ rig: AccessRig; cookie: string }> {
  const rig = await AccessRig.open()
  await rig.access.users.add('ada', 'administrator', PASSWORD)
  return { rig, cookie: await rig.signIn('ada') }
}

/** Sets the clock, which takes no time. */
const set = (rig: AccessRig, ms: number): void => void (rig.now += ms)

/** Time passes, on all clocks. */
function pass(rig: AccessRig, ms: number): void {
  rig.now += ms
  rig.monotonic += ms
}

it('does not make a session good again that is over, however the clock is set', async () => {
  const { rig, cookie } = await signedIn()
  await using _ = rig
  pass(rig, 13 * HOUR)
  expect(rig.access.identify(cookie, undefined)).toBeUndefined()
  set(rig, -13 * HOUR)
  expect(rig.access.identify(cookie, undefined)).toBeUndefined()
})

it('does not when nobody has asked for it meanwhile, nor after a restart', async () => {
  const { rig, cookie } = await signedIn()
  await using _ = rig
  const { secret } = await rig.call(
    'token.add',
    { name: 'a', role: 'viewer', expiresAt: rig.now + HOUR },
    ROOT,
  )
  pass(rig, 13 * HOUR)
  await rig.access.tokens.add({ name: 'b', role: 'viewer', scope: {} }, 'root')
  await rig.access[Symbol.asyncDispose]()
  set(rig, -13 * HOUR)
  await rig.restart()
  expect(rig.access.identify(cookie, undefined)).toBeUndefined()
  expect(rig.access.identify(undefined, `Bearer ${secret}`)).toBeUndefined()
})

it('lets a session grow older while the clock is behind', async () => {
  const { rig, cookie } = await signedIn()
  await using _ = rig
  for (let day = 0; day < 7; day++) {
    expect(rig.access.identify(cookie, undefined), `day ${day}`).toBeDefined()
    for (let hours = 0; hours < 24; hours += 6) {
      pass(rig, 6 * HOUR)
      rig.access.identify(cookie, undefined)
    }
    set(rig, -DAY)
  }
  expect(rig.access.identify(cookie, undefined)).toBeUndefined()
})

it('goes by the time of day again when a clock that was years ahead is set right', async () => {
  const { rig, cookie } = await signedIn()
  await using _ = rig
  set(rig, 1000 * DAY)
  expect(rig.access.identify(cookie, undefined)).toBeUndefined()
  set(rig, -1000 * DAY)
  await rig.restart()
  const { secret } = await rig.call(
    'token.add',
    { name: 'a', role: 'viewer', expiresAt: rig.now + DAY },
    ROOT,
  )
  expect(rig.access.tokens.list()).toMatchObject([{ createdAt: rig.now, expiresAt: rig.now + DAY }])
  const again = await rig.signIn('ada')
  pass(rig, DAY - 1)
  expect(rig.access.identify(undefined, `Bearer ${secret}`)).toBeDefined()
  pass(rig, 1)
  expect(rig.access.identify(undefined, `Bearer ${secret}`)).toBeUndefined()
  expect(rig.access.identify(again, undefined), 'idle for a day').toBeUndefined()
})

it('removes what is over from the disk', async () => {
  const { rig } = await signedIn()
  await using _ = rig
  await rig.call('token.add', { name: 'a', role: 'viewer', expiresAt: rig.now + HOUR }, ROOT)
  pass(rig, 13 * HOUR)
  await rig.restart()
  const rows = rig.db.prepare('SELECT id FROM session UNION SELECT id FROM token').all()
  expect(rows).toEqual([])
})
