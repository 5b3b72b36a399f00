import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { BenchState } from '../../shared/bench/bench.ts'
import { GuardedBench } from '../support/guarded-bench.ts'
import { ASK_EVERY_MS, LitInstruments, until } from '../support/lit-bench.ts'
import { Client } from '../support/socket.ts'
import type { Flood } from './flood.ts'
import { percentile, progress, rounded } from './statistics.ts'

const ROUNDS = 20
/** So many benches are tried at the same time: most of a round is starting up. */
const LANES = 2
const CONNECTIONS = 8
/** What is flooded at the same time. */
const TARGETS_AT_ONCE = 3

/**
 * On the instruments' own clocks, the last of a CTP10's laser, a declared laser and a turret in a 5 s pulse to go dark,
 * in ms: the worst of 20 after `kill -9` of the bridge and after SIGSTOP of it; and after the emergency stop by a page,
 * which goes to bridge and guardian at once, while every route and command in turn and the guardian's port are flooded.
 */
export async function measure(): Promise<{
  killMs: number
  hangMs: number
  stopBusyP99Ms: number
  stopBusyMaxMs: number
}> {
  const lanes = await Promise.all(Array.from({ length: LANES }, () => LitInstruments.start()))
  try {
    const killMs = await worst(lanes, 'SIGKILL')
    progress(`killed ${ROUNDS} times: dark after ${rounded(killMs)} ms at most`)
    const hangMs = await worst(lanes, 'SIGSTOP')
    progress(`stopped ${ROUNDS} times: dark after ${rounded(hangMs)} ms at most`)
    const times = await stopsUnderFlood(lanes[0]!)
    return {
      killMs: rounded(killMs),
      hangMs: rounded(hangMs),
      stopBusyP99Ms: rounded(percentile(times, 0.99)),
      stopBusyMaxMs: rounded(Math.max(...times)),
    }
  } finally {
    for (const lane of lanes) await lane[Symbol.asyncDispose]()
  }
}

async function worst(lanes: readonly LitInstruments[], signal: NodeJS.Signals): Promise<number> {
  const each = await Promise.all(
    lanes.map(async (instruments) => {
      let most = 0
      for (let round = 0; round < ROUNDS / LANES; round++) {
        await using bench = await GuardedBench.open(instruments)
        await bench.light(await bench.operate())
        const sinceNs = process.hrtime.bigint()
        process.kill(bench.bridge.pid, signal)
        most = Math.max(most, ...Object.values(await bench.darkAfter(sinceNs)))
      }
      return most
    }),
  )
  return Math.max(...each)
}

async function stopsUnderFlood(instruments: LitInstruments): Promise<number[]> {
  await using bench = await GuardedBench.open(instruments)
  const operator = await bench.operate()
  const { guardian } = await bench.topic<BenchState>('bench')
  const guardianUrl = `http://127.0.0.1:${guardian.port}`
  const { paths } = (await bench.get('api/openapi.json')) as {
    paths: Record<string, Record<string, unknown>>
  }
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({
      method: method.toUpperCase(),
      url: `${bench.url}${path.replaceAll(/\{\w+\}/g, 'x')}`,
    })),
  )
  // What stops or takes the lease would be the flood's own doing, and no measure of it.
  const targets = all.filter(({ url }) => !/estop|lease\./.test(url))
  const always = [
    { method: 'GET', url: `${guardianUrl}/health` },
    { method: 'POST', url: `${guardianUrl}/api/estop`, body: '{"ticket":"forged"}' },
  ]
  const flood = fork(fileURLToPath(new URL('flood.ts', import.meta.url)))
  const times: number[] = []
  try {
    for (let at = 0; at < targets.length; at += TARGETS_AT_ONCE) {
      await bench.light(operator)
      await say(flood, {
        targets: [...targets.slice(at, at + TARGETS_AT_ONCE), ...always],
        connections: CONNECTIONS,
      })
      times.push(await pressed(bench, guardianUrl))
      await say(flood, { targets: [], connections: 0 })
      await reset(bench, operator)
    }
  } finally {
    flood.kill()
  }
  progress(`${times.length} stops while ${targets.length} routes and commands were flooded`)
  return times
}

async function say(flood: ReturnType<typeof fork>, what: Flood): Promise<void> {
  flood.send(what)
  await once(flood, 'message')
}

/** As a page presses it: by its socket and to the guardian at once. */
async function pressed(bench: GuardedBench, guardianUrl: string): Promise<number> {
  using page = await Client.connect(bench.url)
  const { ticket } = await page.call('estop.ticket', {})
  const sinceNs = process.hrtime.bigint()
  void page.ask('estop.press', { why: 'measured' }).catch(() => {})
  const toGuardian = fetch(`${guardianUrl}/api/estop`, { method: 'POST', body: JSON.stringify({ ticket }) })
    .then((response) => response.arrayBuffer())
    .catch(() => {})
  const after = Math.max(...Object.values(await bench.darkAfter(sinceNs)))
  // One that is late would latch the stop again when it has been reset.
  await toGuardian
  return after
}

/** Allows light again, once every device has said that it is safe. */
async function reset(bench: GuardedBench, operator: Client): Promise<void> {
  const isReset = async (): Promise<boolean> => {
    const { lease, stop } = await bench.control()
    if (!lease) await operator.ask('lease.take', {})
    if (Object.values(stop.devices).some(({ state }) => state === 'stopping')) return false
    return (await operator.ask('estop.reset', {})).ok
  }
  await until('the stop is reset', isReset, ASK_EVERY_MS)
  await bench.ready()
}
