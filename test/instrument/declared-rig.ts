import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished } from 'vitest'
import type { Device } from '../../bridge/device/device.ts'
import type { DeviceGuard } from '../../bridge/core/guard.ts'
import { Stream } from '../../bridge/core/stream.ts'
import { Topic } from '../../bridge/core/topic.ts'
import scpi from '../../bridge/instrument/declared/driver.ts'
import { TraceStore } from '../../bridge/traces/traces.ts'
import type { DeclaredState } from '../../shared/instrument/declared.ts'
import type { InstrumentState } from '../../shared/instrument/instrument.ts'
import { type Exchange, ReplayInstrument } from '../support/replay.ts'
import { noGallery } from '../support/gallery.ts'
import { TestMemory } from '../support/device-memory.ts'
import { NotedGuard } from '../support/guard.ts'

export const NO_ERROR = '0,"No error"'
/** Longer than any test: nothing is read a second time. */
export const NEVER_MS = 3_600_000

/** A command and the empty error queue behind it. */
export const command = (text: string): Exchange[] => [[text], [':SYST:ERR?', NO_ERROR]]

/** What is checked of an open device. */
export interface Opened {
  device: Device
  state: () => InstrumentState
  declared: () => DeclaredState
  rows: number[][]
  folder: string
}

export function dutTopic(): Topic<InstrumentState> {
  return new Topic<InstrumentState>('instrument/dut', {
    id: 'dut',
    kind: scpi.kind,
    family: 'instrument',
    title: 'DUT',
    lifecycle: { phase: 'opening', since: 0 },
  })
}

/** Opens the driver with what bench.yaml would say; rows of its stream are kept. Rejects as the driver does. */
export async function openDeclared(
  config: object,
  guard: DeviceGuard = new NotedGuard(),
  topic = dutTopic(),
): Promise<Opened> {
  const log = pino({ level: 'silent' })
  const folder = await mkdtemp(join(tmpdir(), 'lightbench-'))
  const rows: number[][] = []
  class Recorded extends Stream {
    override push(_: number, values: readonly number[]): void {
      rows.push([...values])
    }
  }
  const device = await scpi.open(scpi.config.parse(config), {
    id: 'dut',
    signal: new AbortController().signal,
    log,
    state: topic,
    fault: () => {},
    stream: (name, columns) => new Recorded(name, columns),
    guard,
    memory: new TestMemory(),
    did: () => {},
    publisher: { publish: () => expect.unreachable('an instrument publishes no video') },
    traces: await TraceStore.open(folder, log),
    gallery: noGallery,
  })
  const declared = (): DeclaredState => topic.value.declared ?? expect.unreachable('nothing is declared')
  return { device, state: () => topic.value, declared, rows, folder }
}

/**
 * The driver in conversation, each reading and setting read once; the test fails at its end when anything of `opening`
 * and `exchanges` was left unsaid, or said beside it. What closing says comes last.
 */
export async function converse(
  config: object,
  exchanges: readonly Exchange[],
  closing: readonly Exchange[] = [],
): Promise<Opened> {
  const instrument = await ReplayInstrument.listen([...exchanges, ...closing])
  const opened = await openDeclared({ ...config, resource: instrument.resource })
  onTestFinished(async () => {
    await expect.poll(() => instrument.left.unsaid.length).toBe(closing.length)
    await opened.device[Symbol.asyncDispose]()
    await expect.poll(() => instrument.left).toEqual({ unsaid: [], unexpected: [] })
    await instrument[Symbol.asyncDispose]()
  })
  return opened
}

/** Entries by name with nothing to say but that they are never read again. */
export function seldom(...names: string[]): Record<string, { everyMs: number }> {
  return Object.fromEntries(names.map((name) => [name, { everyMs: NEVER_MS }]))
}
