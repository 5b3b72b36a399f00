import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type FrameCompression } from '../../shared/camera/frame-header.ts'
import { startBridge, writeBench } from '../support/bench-process.ts'
import type { Seen, Watch } from './frames-viewers.ts'
import type { LoopDelay } from './loop-delay.ts'
import { percentile, progress, rounded } from './statistics.ts'

const CAMERA = 'slide'
const VIEWERS = 4
const MS = 10_000
const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

interface Result {
  fps: number
  mbps: number
  dropped: number
  loopDelayP99Ms: number
}

/**
 * 16-bit frames of 1280x1024 at 30 a second to four viewers in a process of their own: frames a second of the slowest
 * viewer, what all of them had in Mbit/s, frames that they were not sent, and by how much the bridge's timers were late
 * at the 99th percentile. Compressed ones are measured too, and said on stderr.
 */
export async function measure(): Promise<Result> {
  for (const compression of ['lz4', 'zstd'] as const) await measureWith(compression)
  return measureWith('none')
}

async function measureWith(compression: FrameCompression): Promise<Result> {
  const camera = { driver: 'camera.sim', width: 1280, height: 1024, fps: 30 }
  const bench = await writeBench({ devices: { [CAMERA]: camera } })
  await using bridge = await startBridge(bench, 0, ['--import', file('loop-delay.ts')])
  const viewers = fork(file('frames-viewers.ts'))
  try {
    const watch: Watch = {
      ...{ url: bridge.ready.url, camera: CAMERA, viewers: VIEWERS, ms: MS },
      request: { compression },
    }
    viewers.send(watch)
    await once(viewers, 'message')
    const begun = performance.now()
    process.kill(bridge.pid, 'SIGUSR2')
    const [{ seen, cpu }] = (await once(viewers, 'message')) as [{ seen: Seen[]; cpu: NodeJS.CpuUsage }]
    const seconds = MS / 1000
    process.kill(bridge.pid, 'SIGUSR2')
    const loop = await said(bridge.output)
    const cameraCpu = await cpuOfCamera(bridge.ready.url)
    const bytes = seen.reduce((all, one) => all + one.bytes, 0)
    const ages = seen.flatMap(({ ageMs }) => ageMs)
    const drops = seen.map((one) => Object.values(one.drops).reduce((all, count) => all + count, 0))
    progress(
      `${compression}: ${seen.map(({ frames }) => rounded(frames / seconds)).join(', ')} frames a second each, ${Math.round(bytes / Math.max(1, ages.length) / 1000)} kB a frame, ${rounded(percentile(ages, 0.5))} ms old at the median, ${rounded(percentile(ages, 0.99))} at p99; drops ${JSON.stringify(seen[0]?.drops)}; bridge's loop late by ${rounded(loop.p50Ms)} ms at the median, ${rounded(loop.p99Ms)} at p99, ${rounded(loop.mostMs)} at most; CPU: bridge ${Math.round(loop.cpuPercent)} %, camera ${cameraCpu} %, viewers ${Math.round((cpu.user + cpu.system) / 10 / (performance.now() - begun))} %`,
    )
    return {
      fps: rounded(Math.min(...seen.map(({ frames }) => frames)) / seconds),
      mbps: rounded((bytes * 8) / 1e6 / seconds),
      dropped: drops.reduce((all, count) => all + count, 0),
      loopDelayP99Ms: rounded(loop.p99Ms),
    }
  } finally {
    viewers.kill('SIGKILL')
  }
}

async function said(output: readonly string[]): Promise<LoopDelay> {
  for (let tries = 0; tries < 200; tries++) {
    const line = output.find((each) => each.startsWith('{"loopDelay"'))
    if (line) return (JSON.parse(line) as { loopDelay: LoopDelay }).loopDelay
    await sleep(50)
  }
  throw new Error('the bridge did not say how late its timers were')
}

async function cpuOfCamera(url: string): Promise<number | undefined> {
  const answer = await fetch(`${url}/api/diagnostics`)
  const { cameras } = (await answer.json()) as { cameras: { cpuPercent?: number }[] }
  const percent = cameras[0]?.cpuPercent
  return percent === undefined ? undefined : Math.round(percent)
}
