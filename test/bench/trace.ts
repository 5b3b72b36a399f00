import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { readTrace } from '../../bridge/instrument/ctp10/trace.ts'
import { TraceStore } from '../../bridge/traces/traces.ts'
import type { Session } from '../../bridge/instrument/scpi/session.ts'
import { openSession } from '../support/instrument.ts'
import { startCtp10 } from '../support/bench-process.ts'
import { bareExchange, bareSocket, endBare } from './bare.ts'
import { median, progress, rounded } from './statistics.ts'

const ROUNDS = 15
const POINTS = 940_001
const PLACE = { device: 'dut', module: 4, channel: 1, type: 1 }
const BLOCK_BYTES = '#73760004'.length + POINTS * 4 + '\r\n'.length

/**
 * A 940,001-point trace from the simulator: `ms` as the driver reads it, its three questions before the block
 * included, into the file that will be kept; `bareMs` a bare socket taking the block's bytes and nothing else;
 * `peakMiB` the most resident memory above idle during one read.
 */
export async function measure(): Promise<{ ms: number; bareMs: number; peakMiB: number }> {
  await using instrument = await startCtp10(['--speed-up', '200'])
  const { port } = instrument.ready
  const traces = await TraceStore.open(
    await mkdtemp(join(tmpdir(), 'lightbench-')),
    pino({ level: 'silent' }),
  )
  await sweep(port)
  const read = (session: Session): Promise<unknown> =>
    session.run('bulk', (wire) => readTrace(wire, PLACE, traces, () => {}, new AbortController().signal))

  const ours: number[] = []
  const bare: number[] = []
  const peaks: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const socket = await bareSocket(port)
    bare.push(await timed(() => bareExchange(socket, ':TRAC:SENS4:CHAN1:TYPE1:DATA? BIN,DB', BLOCK_BYTES)))
    await endBare(socket)
    const { session } = await openSession(port)
    globalThis.gc?.()
    await sleep(50)
    const idle = await resetPeak()
    ours.push(await timed(() => read(session)))
    peaks.push((await peakKiB()) - idle)
    session[Symbol.dispose]()
    await sleep(50)
    progress(
      `round ${round + 1} of ${ROUNDS}: ${rounded(ours.at(-1) ?? 0)} ms, bare ${rounded(bare.at(-1) ?? 0)} ms`,
    )
  }
  return {
    ms: rounded(median(ours)),
    bareMs: rounded(median(bare)),
    peakMiB: rounded(Math.max(...peaks) / 1024),
  }
}

async function sweep(port: number): Promise<void> {
  const { session } = await openSession(port)
  await session.run('control', async (wire) => {
    await wire.command(':INIT:WAV:SAMP 0.1PM')
    await wire.command(':INIT:IMM')
    while ((await wire.number(':STAT:OPER:COND?')) !== 0) await sleep(50)
    const points = await wire.number(':TRAC:SENS4:CHAN1:TYPE1:DATA:LENG?')
    if (points !== POINTS) throw new Error(`the simulator made ${points} points, not ${POINTS}`)
  })
  session[Symbol.dispose]()
  await sleep(50)
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

/** Lets the kernel's own mark of the most memory start again at what is resident now, in KiB (proc(5), clear_refs). */
async function resetPeak(): Promise<number> {
  await writeFile('/proc/self/clear_refs', '5')
  return peakKiB()
}

async function peakKiB(): Promise<number> {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(await readFile('/proc/self/status', 'utf8'))?.[1])
}
