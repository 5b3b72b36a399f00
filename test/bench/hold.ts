import { setTimeout as sleep } from 'node:timers/promises'
import { decodeSamples, powerStream } from '../../shared/wire/streams.ts'
import { startBridge, startCtp10, writeBench } from '../support/bench-process.ts'
import { Client } from '../support/socket.ts'
import { percentile, progress, rounded } from './statistics.ts'

const DOWNLOAD_S = 10
const TRACE_BYTES = 3_760_004

/**
 * While one instrument's trace takes 10 s to come: the longest gap between samples of another instrument's 10 Hz
 * powers and between answers to a 10 Hz heartbeat, and how long commands to another device take at the 99th percentile.
 */
export async function measure(): Promise<{ streamGapMs: number; heartbeatGapMs: number; callP99Ms: number }> {
  await using busy = await startCtp10(['--speed-up', '200', '--rate', `${TRACE_BYTES / DOWNLOAD_S}`])
  await using other = await startCtp10()
  const file = await writeBench({
    devices: {
      camera: { driver: 'camera.sim' },
      busy: { driver: 'instrument.exfo-ctp10', resource: busy.ready.resource },
      other: { driver: 'instrument.exfo-ctp10', resource: other.ready.resource },
    },
  })
  await using bridge = await startBridge(file)
  using client = await Client.operate(bridge.ready.url)
  await sleep(1500)

  progress('sweeping 940,001 points')
  using _ = await client.beats()
  await client.call('sweep.start', {
    device: 'busy',
    startNm: 1520,
    stopNm: 1614,
    samplingPm: 0.1,
    speedNmPerS: 100,
  })
  await sleep(3000)

  const samples = watchStream(client, powerStream('other'))
  await client.call('stream.open', { stream: powerStream('other'), window: 4 })
  await sleep(1000)

  progress(`downloading for ${DOWNLOAD_S} s`)
  const begun = performance.now()
  let over = false
  samples.length = 0
  const download = client.call('trace.read', { device: 'busy', channel: 1 }).finally(() => (over = true))
  const beats = repeat(
    () => over,
    100,
    () => client.call('session.hello', {}),
  )
  const calls = repeat(
    () => over,
    50,
    (n) => client.call('camera.set', { device: 'camera', gainDb: n % 6 }),
  )
  await download
  progress(`the download took ${rounded((performance.now() - begun) / 1000)} s`)
  const arrivals = [...samples]
  return {
    streamGapMs: rounded(longestGap(arrivals)),
    heartbeatGapMs: rounded(longestGap((await beats).map(({ at }) => at))),
    callP99Ms: rounded(
      percentile(
        (await calls).map(({ took }) => took),
        0.99,
      ),
    ),
  }
}

function watchStream(client: Client, stream: string): number[] {
  const arrivals: number[] = []
  client.socket.on('stream', (name, packet) => {
    if (name !== stream) return
    arrivals.push(performance.now())
    client.socket.emit('stream.ack', { stream, seq: decodeSamples(packet).seq })
  })
  return arrivals
}

async function repeat(
  over: () => boolean,
  everyMs: number,
  call: (n: number) => Promise<unknown>,
): Promise<{ at: number; took: number }[]> {
  const all: { at: number; took: number }[] = []
  for (let n = 0; !over(); n++) {
    const begun = performance.now()
    await call(n)
    all.push({ at: performance.now(), took: performance.now() - begun })
    await sleep(Math.max(0, everyMs - (performance.now() - begun)))
  }
  return all
}

function longestGap(times: readonly number[]): number {
  return Math.max(...times.slice(1).map((time, i) => time - (times[i] ?? time)))
}
