import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { type Direction, turretState, type TurretState } from '../../shared/turret/turret.ts'
import type { startScene } from '../support/scene-bench.ts'
import { expectAttribute, takeControl } from './rig.ts'

/** A machine that is busy homes, calibrates and decodes slowly. */
export const SLOW = { timeout: 30_000, interval: 100 }

type Scene = Awaited<ReturnType<typeof startScene>>

/** Leaves the turret to whoever takes it; answers the address of its page. */
export async function freed(scene: Scene): Promise<string> {
  scene.endBeat()
  await scene.client.call('lease.release', {})
  return `${scene.bridge.ready.url}/#/turret/turret`
}

/** A page that has taken the lease. */
export async function operating(opening: Promise<Page>): Promise<Page> {
  const page = await opening
  await takeControl(page)
  return page
}

export async function stateOf(scene: Scene): Promise<TurretState> {
  return turretState.parse(await scene.turret())
}

export async function positionOf(scene: Scene): Promise<Direction> {
  return (await stateOf(scene)).position ?? { pan: NaN, tilt: NaN }
}

/** Homes, and goes to 0° from there. */
export async function homeAndCentre(scene: Scene, operator: Page): Promise<void> {
  await operator.getByTestId('turret-home').click()
  await expectAttribute(operator, 'turret-motion', 'data-homed', 'true', SLOW.timeout)
  await operator.getByTestId('turret-go-home').click()
  await expect.poll(async () => Math.abs((await positionOf(scene)).pan), SLOW).toBeLessThan(0.1)
  await expectAttribute(operator, 'turret-motion', 'data-activity', 'rest')
}

/** Rest, as the bridge says it, and so for a while. */
export async function expectRest(scene: Scene): Promise<Direction> {
  await expect.poll(async () => (await stateOf(scene)).activity, SLOW).toBe('rest')
  const at = await positionOf(scene)
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(await positionOf(scene)).toEqual(at)
  return at
}

/** How fast it pans just now, degrees/s. */
export async function panSpeed(scene: Scene): Promise<number> {
  const looked = async () => ({ at: performance.now(), pan: (await positionOf(scene)).pan })
  const before = await looked()
  await new Promise((resolve) => setTimeout(resolve, 500))
  const after = await looked()
  return ((after.pan - before.pan) / (after.at - before.at)) * 1000
}
