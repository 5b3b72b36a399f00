import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { AT_ONCE_MS, type Case, SILENCE_MS } from './turret-safety-case.ts'
import { bridgeCases, byItselfCases, controllerCases } from './turret-safety-machine.ts'
import { accessCases, byHandCases } from './turret-safety-people.ts'
import { until } from '../support/lit-bench.ts'
import { SafetyBench } from './turret-safety-rig.ts'
import { type Begin, byAutoFire, byHand, byToken, inOwnProcess, Scene } from './turret-safety-scene.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 })

/** Nothing lights again within this, from when the cause is gone. */
const DARK_MS = 1500
const ATTEMPTS = 3
const RESOLUTION_MS = 5

const ms = (from: bigint, to: bigint): number => Number(to - from) / 1e6

/** A machine that starves its programs lets heartbeats lapse before anything is fired. */
class NeverLit extends Error {}

interface Outcome {
  /** From the loss to the last of the light, ms; negative when it was dark then. */
  tookMs: number
  /** What the machine kept those who had to do with it waiting in that time, ms. */
  stalledMs: number
}

/** Takes permission away, gives it back, and reads in the simulator's record what came of it. */
async function lose(bench: SafetyBench, { begin = byHand(), lose, restore }: Case): Promise<Outcome> {
  await bench.prepare()
  await using scene = new Scene(bench)
  const lit = await lights(bench, scene, begin)
  const stalls = await bench.stallsFromNow()
  using delay = monitored()
  const isLit = lit().at(-1)!.on
  scene.lost()
  await lose(scene)
  const lostAt = scene.lostAt!
  await until('it is dark', () => !lit().at(-1)!.on)
  // A pipe tells of what was later than what it tells of.
  await sleep(isLit ? 0 : 2 * RESOLUTION_MS)
  const stalledMs = (await stalls()) + delay.most()
  await restore?.(scene)
  await sleep(DARK_MS)
  const last = lit().at(-1)!
  expect(last.on, 'light at the end').toBe(false)
  return { tookMs: ms(lostAt, last.ns), stalledMs }
}

/** Begins, and waits until there is light; answers what has become of it since. Throws `NeverLit`. */
async function lights(
  bench: SafetyBench,
  scene: Scene,
  begin: Begin,
): Promise<() => ReturnType<SafetyBench['sim']['events']>['light']> {
  const { light } = bench.sim.events()
  const lit = () => bench.sim.events().light.slice(light.length)
  try {
    await begin(scene)
    await until('there is light', () => {
      if (scene.answer) throw scene.answer as Error
      return lit().length > 0
    })
  } catch (cause) {
    throw new NeverLit('there never was light', { cause })
  }
  return lit
}

/** Without this the table would be as content with light that ends by itself. */
async function goesOn(bench: SafetyBench, begin: Begin): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await outlasts(bench, begin)
      return
    } catch (error) {
      if (!(error instanceof NeverLit) || attempt === ATTEMPTS) throw error
    }
  }
}

async function outlasts(bench: SafetyBench, begin: Begin): Promise<void> {
  await bench.prepare()
  await using scene = new Scene(bench)
  const lit = await lights(bench, scene, begin)
  const viewer = await scene.come(bench.vera)
  const { id } = await bench.token()
  await bench.root.client.call('lease.ask', {})
  await bench.root.client.call('token.revoke', { id })
  await bench.root.client.call('user.role', { name: 'vera', role: 'operator' })
  viewer.client.socket.disconnect()
  await sleep(SILENCE_MS + AT_ONCE_MS)
  expect(lit().map(({ on }) => on)).toEqual([true])
}

function monitored(): { most: () => number } & Disposable {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  return { most: () => Math.max(0, delay.max / 1e6 - RESOLUTION_MS), [Symbol.dispose]: () => delay.disable() }
}

/** Once more, twice at most, only where the machine itself kept it waiting for what it was late, or until it was dark. */
async function inTime(bench: SafetyBench, rule: Case): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    let outcome: Outcome
    try {
      outcome = await lose(bench, rule)
    } catch (error) {
      if (!(error instanceof NeverLit) || attempt === ATTEMPTS) throw error
      continue
    }
    const { tookMs, stalledMs } = outcome
    const told = `${rule.name}: ${tookMs.toFixed(1)} ms of ${rule.withinMs}, the machine stalled for ${stalledMs.toFixed(0)} ms`
    const isLate = tookMs > rule.withinMs
    const isEarly = tookMs < 0 && rule.withinMs > 0
    const excused = isEarly || (isLate && tookMs - stalledMs <= rule.withinMs)
    if (excused && attempt < ATTEMPTS) {
      console.warn(`${told}: tried again`)
      continue
    }
    expect(tookMs, told).toBeLessThanOrEqual(rule.withinMs)
    expect(isEarly, `${told}: it was dark before`).toBe(false)
    return
  }
}

/** Tables have a bench each, and go on beside each other: most of their time is waiting in the dark. */
function table(
  title: string,
  cases: readonly Case[],
  begin: Begin,
  options: { camera?: boolean } = {},
): void {
  describe.concurrent(title, () => {
    let bench: SafetyBench
    beforeAll(async () => {
      bench = await SafetyBench.open(options)
    })
    afterAll(() => bench[Symbol.asyncDispose]())
    const inTurn = { concurrent: false }
    it('goes on through what takes nobody’s permission', inTurn, () => goesOn(bench, begin))
    it.each(cases)('ends within $withinMs ms and stays off: $name', inTurn, (rule) => inTime(bench, rule))
  })
}

table('a burst fired by hand', byHandCases, byHand())
table('who may act, and the controller', [...accessCases, ...controllerCases], byToken)
table('the bridge and its line', bridgeCases, inOwnProcess)
table('a burst that the bridge fires by itself', byItselfCases, byAutoFire, { camera: true })
