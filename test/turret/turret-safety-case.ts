import { until } from '../support/lit-bench.ts'
import type { Begin, Scene } from './turret-safety-scene.ts'

/** What a bridge that lives may take. */
export const AT_ONCE_MS = 100
/** What a silence may take: 500 ms until it is believed. */
export const SILENCE_MS = 600

export interface Case {
  /** How permission is lost. */
  name: string
  withinMs: number
  /** A burst fired by hand unless said otherwise. */
  begin?: Begin
  /** Takes the permission away; calls `lost` where something has to come before that. */
  lose: (scene: Scene) => unknown
  /** The cause goes away again, as far as that can be without firing. */
  restore?: (scene: Scene) => unknown
}

export const say = (
  scene: Scene,
  ...[name, input = {}]: Parameters<Scene['operator']['client']['ask']>
): void => void scene.operator.client.ask(name, input ?? {}).catch(() => {})

/** The operator comes back on the page that they had, takes the lease if it is lost, and beats. */
export const comeBack = async (scene: Scene): Promise<void> => {
  const { page } = scene.operator
  scene.operator[Symbol.dispose]()
  await scene.operate(page)
}
export const resetStop = async (scene: Scene): Promise<void> => {
  const { client } = scene.operator
  await until('the stop is reset', async () => (await client.ask('estop.reset', {})).ok)
}
