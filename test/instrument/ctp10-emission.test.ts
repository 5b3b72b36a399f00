import { expect, it, onTestFinished } from 'vitest'
import { BenchError } from '../../shared/wire/errors.ts'
import { startCtp10 } from '../support/bench-process.ts'
import { NotedGuard } from '../support/guard.ts'
import { ReplayInstrument } from '../support/replay.ts'
import { call, converse, laser, openCtp10, opening } from './ctp10-rig.ts'

const LOST = new BenchError('guardian.lost', 'the guardian is lost')
const EMITS = ':CTP:RLAS1:POW:STAT?'

/** What the guard was told of light; why it ends is another matter. */
function told({ said }: NotedGuard): string[] {
  return said.filter((word) => !word.startsWith('ending'))
}

it('starts nothing that may emit where no guardian would end it, and sends nothing of it', async () => {
  const guard = new NotedGuard()
  const { device, state } = await converse([], opening({ lasers: [1] }), guard)
  guard.refuse = LOST
  const lost = { code: 'guardian.lost' }
  await expect(call(device, 'ctp.runSweep', {})).rejects.toMatchObject(lost)
  await expect(call(device, 'ctp.takeReference', { channel: 1 })).rejects.toMatchObject(lost)
  await expect(call(device, 'ctp.laserOn', { laser: 1 })).rejects.toMatchObject(lost)
  expect(state().sweep?.phase).toBe('idle')
  expect(state().ctp10?.referencing).toBeUndefined()
  expect(told(guard)).toEqual(['seenDark'])
})

it('sees a laser that is switched on, and off, at the instrument itself', async () => {
  const guard = new NotedGuard()
  await using instrument = await ReplayInstrument.listen([
    ...opening({ lasers: [1] }),
    [EMITS, '0'],
    [EMITS, '1'],
    [EMITS, '0'],
  ])
  const rates = { powersPerSecond: 0.1, conditionsPerSecond: 0.1, lasersPerSecond: 20 }
  const { state } = await openCtp10(instrument.resource, rates, guard)
  await expect.poll(() => told(guard)).toEqual(['seenDark', 'seenEmitting', 'seenDark'])
  expect(state().ctp10?.lasers['1']?.on).toBe(false)
})

it('may emit from before a sweep until the register and every laser have said that nothing does', async () => {
  await using simulator = await startCtp10(['--speed-up', '50'])
  const guard = new NotedGuard()
  const { device, state } = await openCtp10(simulator.ready.resource, {}, guard)
  await call(device, 'ctp.setSweep', { stabilisation: { keepOn: true, seconds: 0 } })
  await call(device, 'ctp.runSweep', {})
  expect(told(guard)).toEqual(['seenDark', 'mayEmit'])
  await expect.poll(() => state().sweep?.phase, { timeout: 5000 }).toBe('done')
  // Its panel says "done", and the laser that swept is on.
  await expect.poll(() => state().ctp10?.lasers['1']?.on).toBe(true)
  await expect.poll(() => state().condition?.register).toBe(0)
  expect(told(guard)).toEqual(['seenDark', 'mayEmit'])
  await call(device, 'ctp.laserOff', { laser: 1 })
  await expect.poll(() => told(guard)).toEqual(['seenDark', 'mayEmit', 'seenDark'])
})

it('is dark again after a sweep that leaves no laser on', async () => {
  await using simulator = await startCtp10(['--speed-up', '50'])
  const guard = new NotedGuard()
  const { device } = await openCtp10(simulator.ready.resource, {}, guard)
  await call(device, 'ctp.setSweep', { stabilisation: { keepOn: false, seconds: 0 } })
  await call(device, 'ctp.runSweep', {})
  await expect.poll(() => told(guard), { timeout: 5000 }).toEqual(['seenDark', 'mayEmit', 'seenDark'])
})

it('gives its plan before it can emit, with the lasers that are connected', async () => {
  const guard = new NotedGuard()
  await using instrument = await ReplayInstrument.listen(opening({ lasers: [2, 7] }))
  const rates = { powersPerSecond: 0.1, conditionsPerSecond: 0.1, lasersPerSecond: 0.1 }
  const { device } = await openCtp10(instrument.resource, rates, guard)
  onTestFinished(() => device[Symbol.asyncDispose]())
  expect(guard.plan).toMatchObject({
    resource: expect.stringContaining('SOCKET'),
    messages: [':ABOR\n', ':CTP:RLAS2:POW:STAT OFF\n', ':CTP:RLAS7:POW:STAT OFF\n'],
  })
})

it('does not call a stop proven while a laser says that it is on', async () => {
  const { device } = await converse(
    [
      [':ABOR'],
      [':CTP:RLAS1:POW:STAT OFF'],
      [EMITS, '1'],
      [':STAT:OPER:COND?', '0'],
      [':SYST:ERR?', '0,"No error"'],
      [EMITS, '0'],
      [':SYST:ERR?', '0,"No error"'],
    ],
    opening({ lasers: [1] }),
  )
  expect(await device.stop()).toBe('proven')
})

it('shows whether a laser emits as it was read last', async () => {
  const { device, state } = await converse(
    [[':CTP:RLAS1:POW 3DBM'], [':SYST:ERR?', '0,"No error"'], ...laser(1, '1')],
    opening({ lasers: [1] }),
  )
  await call(device, 'ctp.setLaser', { laser: 1, powerDbm: 3 })
  expect(state().ctp10?.lasers['1']?.on).toBe(true)
})
