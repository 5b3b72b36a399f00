import { expect, it } from 'vitest'
import { type Topic } from '../../bridge/core/topic.ts'
import type { Device } from '../../bridge/device/device.ts'
import type { Database } from '../../bridge/store/database.ts'
import { Homes } from '../../bridge/turret/aiming/homes.ts'
import type { TurretState } from '../../shared/turret/turret.ts'
import { callerAs } from '../support/caller.ts'
import { openTables } from '../support/tables.ts'
import { turretTopic } from './turret-rig.ts'

async function rig(given?: Database, topic: Topic<TurretState> = turretTopic()) {
  const tables = given ?? (await openTables())
  const homes = await Homes.open(tables, {
    topics: new Map([['turret', topic]]),
    device: () => ({}) as Device,
  })
  const set = (device = 'turret') => homes.handlers['turret.setHome']!({ device }, callerAs({}))
  return { tables, topic, set }
}

it('is at home at 0° until somebody says where, and keeps that over a restart', async () => {
  const { tables, topic, set } = await rig()
  expect(topic.value.home).toEqual({ pan: 0, tilt: 0 })
  topic.put({ position: { pan: 12.34567, tilt: -5 }, homed: true })
  expect(await set()).toEqual({ pan: 12.346, tilt: -5 })
  expect(topic.value.home).toEqual({ pan: 12.346, tilt: -5 })
  topic.put({ position: { pan: 1, tilt: 2 } })
  await set()
  expect((await rig(tables)).topic.value.home).toEqual({ pan: 1, tilt: 2 })
})

it('keeps no place that it is not sure of', async () => {
  const { topic, set } = await rig()
  await expect(set()).rejects.toMatchObject({ code: 'turret.unhomed', device: 'turret' })
  topic.put({ position: { pan: 3, tilt: 3 }, homed: false })
  await expect(set()).rejects.toMatchObject({ code: 'turret.unhomed' })
  expect(topic.value.home).toEqual({ pan: 0, tilt: 0 })
  await expect(set('camera')).rejects.toMatchObject({ code: 'device.unsupported' })
})

it('takes the count of a controller that has no homing for the place', async () => {
  const { topic, set } = await rig()
  topic.put({ position: { pan: 3, tilt: 3 } })
  expect(await set()).toEqual({ pan: 3, tilt: 3 })
})
