import { setTimeout as sleep } from 'node:timers/promises'
import type { Session } from '../../bridge/instrument/scpi/session.ts'
import { startCtp10 } from '../support/bench-process.ts'
import { openSession } from '../support/instrument.ts'
import { runVisaScript } from '../support/visa.ts'
import { median, progress, rounded } from './statistics.ts'

const ROUNDS = 5
const QUERIES = 5000
const BLOCKS = 5
const BLOCK = ':TRAC:SENS4:CHAN1:TYPE1:DATA? BIN,DB'
const POINTS = 940_001
const MB = (POINTS * 4) / 1e6

interface Pair {
  ours: number
  pyvisa: number
}

/** A session of ours and a PyVISA script with pyvisa-py, in turns on one simulator: `*IDN?` a second, and a 3.76 MB block's MB a second. */
export async function measure(): Promise<{ query: Pair; blockMBs: Pair }> {
  await using instrument = await startCtp10(['--speed-up', '200'])
  const { port, resource } = instrument.ready
  await sweep(port)
  const query: Record<keyof Pair, number[]> = { ours: [], pyvisa: [] }
  const block: Record<keyof Pair, number[]> = { ours: [], pyvisa: [] }
  for (let round = 0; round < ROUNDS; round++) {
    const script = await runVisaScript(resource.replace('TCPIP::', 'TCPIP0::'), QUERIES, BLOCKS, BLOCK)
    if (script.points !== POINTS) throw new Error(`PyVISA got ${script.points} points, not ${POINTS}`)
    query.pyvisa.push(script.perSecond)
    block.pyvisa.push(MB / script.blockS)
    await sleep(100)
    const { session } = await openSession(port)
    query.ours.push(QUERIES / (await seconds(() => repeat(QUERIES, () => session.query('*IDN?')))))
    const times: number[] = []
    for (let n = 0; n < BLOCKS; n++) times.push(await seconds(() => readBlock(session)))
    block.ours.push(MB / median(times))
    session[Symbol.dispose]()
    await sleep(100)
    progress(
      `round ${round + 1}: ${Math.round(query.ours.at(-1) ?? 0)} and ${Math.round(query.pyvisa.at(-1) ?? 0)} queries a second`,
    )
  }
  const pair = ({ ours, pyvisa }: Record<keyof Pair, number[]>): Pair => ({
    ours: rounded(median(ours)),
    pyvisa: rounded(median(pyvisa)),
  })
  return { query: pair(query), blockMBs: pair(block) }
}

function readBlock(session: Session): Promise<unknown> {
  return session.run('bulk', (wire) => wire.block(BLOCK, { into: (bytes) => new Uint8Array(bytes) }))
}

async function repeat(times: number, work: () => Promise<unknown>): Promise<void> {
  for (let n = 0; n < times; n++) await work()
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return (performance.now() - begun) / 1000
}

async function sweep(port: number): Promise<void> {
  const { session } = await openSession(port)
  await session.run('control', async (wire) => {
    await wire.command(':INIT:WAV:SAMP 0.1PM')
    await wire.command(':INIT:IMM')
    while ((await wire.number(':STAT:OPER:COND?')) !== 0) await sleep(50)
  })
  session[Symbol.dispose]()
  await sleep(100)
}
