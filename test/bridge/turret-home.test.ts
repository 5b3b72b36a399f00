import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { type Topic } from '../../bridge/core/topic.ts'
import type { Device } from '../../bridge/core/device.ts'
import { migrate } from '../../bridge/store/sqlite.ts'
import { Homes } from '../../bridge/turret/homes.ts'
import type { TurretState } from '../../shared/turret.ts'
import { callerAs } from '../support/caller.ts'
import { turretTopic } from './turret-rig.ts'

function database(): DatabaseSync {
  const db = new DatabaseSync(':memory:')
  db.exec('CREATE TABLE migration (owner TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT')
  return db
}

function rig(db = database(), topic: Topic<TurretState> = turretTopic()) {
  const homes = new Homes(db, {
    topics: new Map([['turret', topic]]),
    migrate: (owner, steps) => migrate(db, owner, steps),
    device: () => ({}) as Device,
  })
  const set = (device = 'turret') => homes.handlers['turret.setHome']!({ device }, callerAs({}))
  return { db, topic, set }
}

it('is at home at 0° until somebody says where, and keeps that over a restart', async () => {
  const { db, topic, set } = rig()
  expect(topic.value.home).toEqual({ pan: 0, tilt: 0 })
  topic.put({ position: { pan: 12.34567, tilt: -5 }, homed: true })
  expect(await set()).toEqual({ pan: 12.346, tilt: -5 })
  expect(topic.value.home).toEqual({ pan: 12.346, tilt: -5 })
  topic.put({ position: { pan: 1, tilt: 2 } })
  await set()
  expect(rig(db).topic.value.home).toEqual({ pan: 1, tilt: 2 })
})

it('keeps no place that it is not sure of', async () => {
  const { topic, set } = rig()
  await expect(set()).rejects.toMatchObject({ code: 'turret.unhomed', device: 'turret' })
  topic.put({ position: { pan: 3, tilt: 3 }, homed: false })
  await expect(set()).rejects.toMatchObject({ code: 'turret.unhomed' })
  expect(topic.value.home).toEqual({ pan: 0, tilt: 0 })
  await expect(set('camera')).rejects.toMatchObject({ code: 'device.unsupported' })
})

it('takes the count of a controller that has no homing for the place', async () => {
  const { topic, set } = rig()
  topic.put({ position: { pan: 3, tilt: 3 } })
  expect(await set()).toEqual({ pan: 3, tilt: 3 })
})
