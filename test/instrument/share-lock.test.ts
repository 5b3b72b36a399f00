import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { BenchError } from '../../shared/wire/errors.ts'
import { echo, Script, share } from './share-rig.ts'

it('keeps everybody else off the line while one has the lock, and serves them when it lets go', async () => {
  await using shared = await share(echo())
  using owner = await Script.connect(shared.raw)
  using other = await Script.connect(shared.raw)
  expect(await owner.ask('SYST:LOCK:REQ?')).toBe('1')
  expect(await other.ask(':SYSTem:LOCK:REQuest?')).toBe('0')
  expect(await other.ask('SYST:LOCK:OWN?')).toBe(`"${owner.name}"`)
  other.write('OTHER?')
  expect(await owner.ask('OWNER?')).toBe('OWNER')
  expect(shared.session.poll((wire) => wire.query('POW?'))).toBeUndefined()
  await expect(
    shared.session.run('control', (wire) => wire.query('X?'), undefined, { by: 'command', who: 'ada' }),
  ).rejects.toMatchObject({
    code: 'device.busy',
    message: expect.stringContaining(owner.name),
  })
  expect(shared.lines).toEqual(['OWNER?'])
  owner.write('SYST:LOCK:REL')
  expect(await other.line()).toBe('OTHER')
  expect(await shared.session.poll((wire) => wire.query('POW?'))).toBe('POW')
})

it('ends a lock when its time is over, and has that in the journal', async () => {
  await using shared = await share(echo(), { lockSeconds: 0.2 })
  using owner = await Script.connect(shared.raw)
  using other = await Script.connect(shared.raw)
  expect(await owner.ask('SYST:LOCK:REQ?')).toBe('1')
  const begun = performance.now()
  other.write('OTHER?')
  expect(await other.line()).toBe('OTHER')
  expect(performance.now() - begun).toBeGreaterThan(150)
  expect(shared.journal().find(({ message }) => message?.startsWith('its lock has ended'))).toMatchObject({
    who: owner.name,
  })
})

it('keeps a lock for the whole time again when its owner asks again', async () => {
  await using shared = await share(echo(), { lockSeconds: 1 })
  using owner = await Script.connect(shared.raw)
  using other = await Script.connect(shared.raw)
  for (let n = 0; n < 2; n++) {
    expect(await owner.ask('SYST:LOCK:REQ?')).toBe('1')
    await sleep(600)
    expect(await other.ask('SYST:LOCK:REQ?')).toBe('0')
  }
})

it('ends a lock with its owner', async () => {
  await using shared = await share(echo())
  using owner = await Script.connect(shared.raw)
  using other = await Script.connect(shared.raw)
  expect(await owner.ask('SYST:LOCK:REQ?')).toBe('1')
  other.write('OTHER?')
  owner.socket.resetAndDestroy()
  expect(await other.line()).toBe('OTHER')
})

it('gives no lock to a program that may not act, and takes it from one that may no longer', async () => {
  await using shared = await share(echo())
  using script = await Script.connect(shared.raw)
  expect(await script.ask('SYST:LOCK:REQ?')).toBe('1')
  shared.hold(new BenchError('lease.held', 'ada holds the lease'))
  await expect.poll(() => shared.line.keeper).toBeUndefined()
  expect(await script.ask('SYST:LOCK:REQ?')).toBe('0')
})

it('never holds back an abort', async () => {
  await using shared = await share(echo())
  using owner = await Script.connect(shared.raw)
  expect(await owner.ask('SYST:LOCK:REQ?')).toBe('1')
  shared.session.abort([':ABOR'])
  await expect.poll(() => shared.lines).toEqual([':ABOR'])
})
