import { expect, it, onTestFinished } from 'vitest'
import { type GrblExchange, GrblReplay } from '../support/grbl-wire.ts'
import { openTurret } from './turret-rig.ts'

const WELCOME = ['', "Grbl 1.1h ['$' for help]"]
const MODES: GrblExchange = ['$G', '[GC:G0 G54 G17 G21 G90 G94 M5 M9 T0 F0 S0]', 'ok']
const SETTINGS = ['$13=0', '$20=1', '$21=1', '$22=1', '$30=1000', '$31=0', '$32=1', '$120=500', '$121=500']
const OPENING: GrblExchange[] = [
  ['\x18', ...WELCOME],
  ['$I', '[VER:1.1h.20190830:]', '[OPT:V,15,128]', 'ok'],
  ['$$', ...SETTINGS, '$130=200', '$131=100', 'ok'],
  ['$N', 'ok'],
  MODES,
]
/** As Grbl answers a reset in mid-motion. */
const RESET: GrblExchange[] = [
  ['\x85'],
  ['!'],
  ['\x18', 'ALARM:3', ...WELCOME, "[MSG:'$H'|'$X' to unlock]"],
  MODES,
]

it('resets a turret that does not come to rest within 5 s of being told to, and says so in the audit', async () => {
  const grbl = await GrblReplay.listen([...OPENING, ['$H', 'ok']])
  grbl.status = '<Idle|MPos:-100.000,-50.000,0.000|FS:0,0|WCO:0.000,0.000,0.000|Ov:100,100,100>'
  const { device, call, state, deeds, faults } = await openTurret(grbl.resource)
  onTestFinished(async () => {
    grbl.expect(...RESET)
    await device[Symbol.asyncDispose]()
    await grbl[Symbol.asyncDispose]()
  })
  await call('turret.home')
  grbl.expect(['$J=G53G21G90X-70Y-50F3600', 'ok'])
  grbl.status = '<Jog|MPos:-90.000,-50.000,0.000|FS:3600,0>'
  await call('turret.move', { pan: 30 })
  // Told to stop, again and again, it goes on.
  grbl.expect(['\x85'])
  device.endMotion?.()
  await expect.poll(() => grbl.left.unsaid).toEqual([])
  expect(state()).toMatchObject({ moving: true, activity: 'stopping' })
  grbl.expect(...RESET)
  grbl.statusAfterReset = '<Alarm|MPos:-80.000,-50.000,0.000|FS:0,0>'
  await expect
    .poll(() => deeds, { timeout: 8000 })
    .toEqual([
      ['turret.restless', expect.stringMatching(/^coming to rest took longer than 5000 ms: it was reset$/)],
    ])
  await expect.poll(() => grbl.left.unsaid).toEqual([])
  await expect.poll(() => state().moving).toBe(false)
  // A reset in mid-motion loses steps: where it points is not known any more.
  expect(state().homed).toBe(false)
  expect(faults).toEqual([])
  // Beside what was expected: the same, said again.
  expect(grbl.left.unexpected.filter((said) => !said.startsWith(JSON.stringify('\x85')))).toEqual([])
}, 20_000)
