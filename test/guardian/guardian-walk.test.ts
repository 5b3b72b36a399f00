import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import type { BenchState } from '../../shared/bench/bench.ts'
import { childOf } from '../support/children.ts'
import { LaunchedBench } from '../support/launched-bench.ts'
import { LitInstruments, until } from '../support/lit-bench.ts'
import { Site } from '../support/site.ts'
import type { Client } from '../support/socket.ts'

/** Nothing emits or moves by itself for so long after the bridge has come back. */
const QUIET_MS = 10_000
/** A move that takes longer than anything here. */
const SLOW_MOVE = { device: 'turret', pan: 90, tilt: 0, relative: false, speed: 3, wait: false }
const EMITTING = ['ctp10', 'laser'] as const

let instruments: LitInstruments
let bench: LaunchedBench
/** A page whose check lasts, so that there is a process that checks. */
let site: Site
const held: ServerResponse[] = []

beforeAll(async () => {
  instruments = await LitInstruments.start()
  site = await Site.open({ '/': (_, response) => held.push(response) })
  bench = await LaunchedBench.open(instruments, {
    watches: { pages: { allow: ['127.0.0.1'] } },
    devices: { ...instruments.devices, slide: { driver: 'camera.sim', width: 320, height: 240 } },
  })
}, 60_000)
afterAll(async () => {
  await bench[Symbol.asyncDispose]()
  await site[Symbol.asyncDispose]()
  await instruments[Symbol.asyncDispose]()
}, 60_000)

afterEach(() => bench.leave())

const isMoving = (): boolean => instruments.turret.events().motion.at(-1)?.moving === true
const isActive = (): boolean => isMoving() || EMITTING.some((instrument) => instruments.isLit(instrument))

/** Two lasers emit, the turret turns, and a page is being checked in a browser. */
async function everythingActs(): Promise<Client> {
  const operator = await bench.operate()
  await until('the stop is reset', async () => {
    const { stop } = await bench.control()
    if (!stop.latched) return true
    if (Object.values(stop.devices).some(({ state }) => state === 'stopping')) return false
    return (await operator.ask('estop.reset', {})).ok
  })
  // A reset in motion leaves Grbl locked.
  await operator.call('turret.unlock', { device: 'turret' })
  await bench.light(operator, EMITTING)
  await operator.call('turret.move', { ...SLOW_MOVE, pan: pan() > 0 ? -90 : 90 })
  await until('it turns', isMoving)
  return operator
}

/** Which way is the longer. */
function pan(): number {
  const { motion } = instruments.turret.events()
  return motion.length % 4 < 2 ? -1 : 1
}

async function allEnds(): Promise<void> {
  await until('all light and motion has ended', () => !isActive())
}

async function staysQuiet(ms: number): Promise<void> {
  const before = EMITTING.map((instrument) => instruments.lightOf(instrument).length)
  const moves = instruments.turret.events().motion.length
  await sleep(ms)
  expect(EMITTING.map((instrument) => instruments.lightOf(instrument).length)).toEqual(before)
  expect(instruments.turret.events().motion.length).toBe(moves)
}

it.each(['SIGKILL', 'SIGSTOP'] as const)(
  'ends all light and motion when the bridge gets %s, starts it again, and nothing acts by itself then',
  async (signal) => {
    await everythingActs()
    const before = bench.pid('bridge')
    process.kill(before, signal)
    await allEnds()
    await bench.restarted(before)
    await bench.leave()
    const { stop } = await bench.control()
    expect(stop).toMatchObject({ latched: true, by: 'the guardian' })
    expect(stop.why).toMatch(signal === 'SIGKILL' ? /the bridge died/ : /has not answered/)
    await bench.ready()
    await staysQuiet(QUIET_MS)
  },
  60_000,
)

it.each(['SIGKILL', 'SIGSTOP'] as const)(
  'lets nothing act without a guardian for longer than it takes to start one, when it gets %s',
  async (signal) => {
    const operator = await everythingActs()
    const before = bench.pid('guardian')
    process.kill(before, signal)
    if (signal === 'SIGSTOP') {
      await allEnds()
      const { emission } = await bench.topic<{ emission: { ended?: { why: string } } }>('instrument/laser')
      expect(emission.ended?.why).toMatch(/the guardian is silent/)
      process.kill(before, 'SIGCONT')
    } else await until('another is started', () => bench.pid('guardian') !== before)
    await until('the guardian is there', async () => {
      const { guardian } = await bench.topic<BenchState>('bench')
      return guardian.state === 'present'
    })
    await operator.call('estop.press', {})
    await allEnds()
    await bench.leave()
    await staysQuiet(1000)
  },
  60_000,
)

/** Where each of the bridge's own processes is found. */
const CHILDREN = {
  camera: 'camera/process/host',
  media: 'mediasoup-worker',
  check: 'browser-visit',
} as const

it.each([
  ['camera', 'SIGKILL'],
  ['camera', 'SIGSTOP'],
  ['media', 'SIGKILL'],
  ['media', 'SIGSTOP'],
  ['check', 'SIGKILL'],
  ['check', 'SIGSTOP'],
] as const)(
  'leaves light and motion with the operator when a %s process gets %s',
  async (child, signal) => {
    const operator = await everythingActs()
    const bridge = bench.pid('bridge')
    if (child === 'check') {
      const what = { kind: 'page' as const, url: site.url('/'), with: 'browser' as const }
      const { id } = await operator.call('watch.save', {
        name: `${child} ${signal}`,
        schedule: {},
        deadlineS: 40,
        what,
      })
      await operator.call('watch.check', { ids: [id] })
    }
    const pid = await vi.waitFor(() => childOf(bridge, CHILDREN[child]), { timeout: 20_000, interval: 50 })
    process.kill(pid, signal)
    await operator.call('estop.press', {})
    await allEnds()
    if (signal === 'SIGSTOP') process.kill(pid, 'SIGKILL')
    expect(bench.pid('bridge')).toBe(bridge)
    await bench.leave()
    await staysQuiet(1000)
  },
  60_000,
)
