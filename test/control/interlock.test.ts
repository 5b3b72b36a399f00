import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { ControlState } from '../../shared/control/control.ts'
import { whyOpen } from '../../bridge/control/interlock/condition.ts'
import { Interlocks, type Opened } from '../../bridge/control/interlock/interlocks.ts'
import {
  type InterlockConfig,
  interlockConfig,
  type Readings,
} from '../../bridge/control/interlock/source.ts'
import { Topic } from '../../bridge/core/topic.ts'

interface Rig {
  interlocks: Interlocks
  state: (name: string) => ControlState['interlocks'][string] | undefined
  opened: Opened[]
}

const nothing: Readings = { state: () => undefined, newestPower: () => undefined }

function rig(config: Record<string, object>, readings = nothing): Rig {
  const over = new AbortController()
  onTestFinished(() => over.abort())
  const topic = new Topic<ControlState>('control', {
    asks: {},
    stop: { latched: false, devices: {} },
    interlocks: {},
  })
  const opened: Opened[] = []
  const checked = Object.fromEntries(
    Object.entries(config).map(([name, entry]) => [
      name,
      interlockConfig.parse(entry) satisfies InterlockConfig,
    ]),
  )
  const interlocks = new Interlocks({
    config: checked,
    needs: new Map([['laser', Object.keys(config)]]),
    readings,
    topic,
    opened: (interlock) => opened.push(interlock),
    signal: over.signal,
  })
  interlocks.start()
  return { interlocks, state: (name) => topic.value.interlocks[name], opened }
}

it.each([
  [{ equals: '1' }, '1', undefined],
  [{ equals: '1' }, '0', "it is '0', not '1'"],
  [{ min: 1, max: 2 }, 1.5, undefined],
  [{ max: 2 }, 2.1, '2.1 is above 2'],
  [{ min: 1 }, NaN, 'NaN is not a number'],
  [{ min: 1 }, '5', "'5' is not a number"],
  [{ equals: true }, undefined, 'there is no value'],
])('%j with %j is open because: %s', (condition, value, why) => {
  expect(whyOpen(value, condition)).toBe(why)
})

it('is open until it is known to be closed', () => {
  const { interlocks, state } = rig({ door: { file: { path: '/nowhere' } } })
  expect(state('door')).toMatchObject({ closed: false, reason: 'not known yet' })
  expect(() => interlocks.require('laser')).toThrow(/held by its interlock: door \(not known yet\)/)
  expect(() => interlocks.require('camera')).not.toThrow()
})

it('follows a file, and takes one that cannot be read for open', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'lightbench-')), 'value')
  const hold = async (text: string): Promise<void> => {
    // At once, as the kernel's own files change: never seen empty.
    await writeFile(`${path}.new`, text)
    await rename(`${path}.new`, path)
  }
  await hold('1\n')
  const { interlocks, state, opened } = rig({ door: { title: 'Lab door', file: { path, everyMs: 5 } } })
  await expect.poll(() => state('door')?.closed).toBe(true)
  expect(() => interlocks.require('laser')).not.toThrow()
  await hold('0\n')
  await expect.poll(() => opened).toMatchObject([{ name: 'door', title: 'Lab door', devices: ['laser'] }])
  expect(state('door')).toMatchObject({ closed: false, reason: expect.stringContaining('holds "0"') })
  await hold('1\n')
  await expect.poll(() => state('door')?.closed).toBe(true)
  await rm(path)
  await expect.poll(() => state('door')?.reason).toContain('cannot be read')
  expect(opened).toHaveLength(2)
})

it('follows a member of a device’s topic, open while the device is not ready', () => {
  let value = { limits: { pan: 'free' } }
  let ready = true
  let changed = (): void => {}
  const state: Readings['state'] = () => ({
    value,
    ready,
    subscribe: (listener) => ((changed = listener), () => {}),
  })
  const lock = rig(
    { pan: { reading: { device: 'turret', path: 'limits.pan', equals: 'free' } } },
    { ...nothing, state },
  )
  expect(lock.state('pan')).toMatchObject({ closed: true })
  value = { limits: { pan: 'hit' } }
  changed()
  expect(lock.state('pan')).toMatchObject({ closed: false, reason: "it is 'hit', not 'free'" })
  value = { limits: { pan: 'free' } }
  ready = false
  changed()
  expect(lock.state('pan')).toMatchObject({ closed: false, reason: 'turret is not ready' })
  expect(lock.opened.map(({ why }) => why)).toEqual(["it is 'hit', not 'free'"])
})

it('follows a power, and takes one that is old for open', async () => {
  let row: { pushedAt: number; values: number[] } | undefined = {
    pushedAt: performance.now(),
    values: [-20, 3],
  }
  const config = { power: { reading: { device: 'meter', channel: 2, max: 5 } } }
  const lock = rig(config, { ...nothing, newestPower: () => row })
  expect(lock.state('power')).toMatchObject({ closed: true })
  row = { pushedAt: performance.now(), values: [-20, 6] }
  await expect.poll(() => lock.state('power')?.reason).toBe('6 is above 5')
  row = { pushedAt: performance.now() - 2000, values: [-20, 3] }
  await expect.poll(() => lock.state('power')?.reason).toBe('meter gives no fresh power')
})

it('has software keys, open at the start, and turns nothing else by hand', () => {
  const { interlocks, state, opened } = rig({ key: { key: true }, door: { file: { path: '/nowhere' } } })
  expect(state('key')).toMatchObject({ closed: false, settable: true })
  interlocks.set('key', true)
  expect(state('key')).toMatchObject({ closed: true })
  interlocks.set('key', false)
  expect(opened).toMatchObject([{ name: 'key' }])
  expect(() => interlocks.set('door', true)).toThrow(/"door" is not a software key; there are key/)
})

it.each([
  [{}, /exactly one of file, reading and key/],
  [{ key: true, file: { path: 'x' } }, /exactly one/],
  [{ reading: { device: 'a', equals: 1 } }, /either path or channel/],
  [{ reading: { device: 'a', path: 'b' } }, /say when it is closed/],
  [{ key: true, forbids: 'everything' }, /forbids|[Ii]nvalid/],
  [{ key: true, forbids: [] }, /forbids|[Tt]oo small|[Ii]nvalid/],
  [{ key: true, emergency: true, forbids: 'motion' }, /an emergency stop forbids everything/],
])('refuses a configuration that leaves open what it means: %j', (entry, message) => {
  expect(() => interlockConfig.parse(entry)).toThrow(message)
})

it.each([
  [undefined, ['emission', 'motion']],
  ['emission', ['emission']],
  ['motion', ['motion']],
  [
    ['motion', 'emission'],
    ['emission', 'motion'],
  ],
])('forbids both unless it says what: %j', (forbids, expected) => {
  expect(interlockConfig.parse({ key: true, forbids }).forbids).toEqual(expected)
})
