import type { Ctp10State } from '../../../shared/instrument/ctp10.ts'
import type { InstrumentState } from '../../../shared/instrument/instrument.ts'
import type { TraceInfo } from '../../../shared/traces/trace.ts'
import { BenchError } from '../../../shared/wire/errors.ts'
import type { Caller, Handlers } from '../../device/device.ts'
import type { Topic } from '../../core/topic.ts'
import type { TraceKeeper } from '../../device/trace-keeper.ts'
import type { Wire } from '../scpi/wire.ts'
import { detectorPatch, readDetector, setDetector } from './detector.ts'
import type { Emission } from './emission.ts'
import { readLaser, setLaser, switchOn } from './laser.ts'
import { nanometres, numbered, rounded } from './quantity.ts'
import { startReference } from './reference.ts'
import { configureSweep, readSweepMode, readSweepSettings, setSweep } from './sweep.ts'
import { readAllTls, used } from './tls.ts'
import { readExtent, readTrace } from './trace.ts'
import type { Watch } from './watch.ts'

/** Switching off: how long until the instrument must have said that it is. */
const OFF_MS = 15_000

/** What the handlers need of the open instrument. */
interface Desk {
  id: string
  state: Topic<InstrumentState>
  traces: TraceKeeper
  emission: Emission
  watch: Watch
  /** The first module: it is meant where none is named. */
  module: number
  /** Runs a job for a caller; what the instrument complains of is theirs. */
  say: <T>(job: (wire: Wire) => Promise<T>, caller: Caller, lane?: 'bulk') => Promise<T>
  /** Aborts when this caller's download is to end. */
  downloading(caller: Caller): AbortSignal
  cancelDownloads(): void
  /** Ends what sweeps; `why` is shown. */
  abort(why: string): void
  learnAgain(): Promise<void>
}

/** What people can ask of a CTP10, by command. */
export function ctp10Handlers(desk: Desk): Handlers {
  const { id, state, emission, watch, say } = desk
  const ctp10 = (): Ctp10State => {
    const known = state.value.ctp10
    if (known) return known
    throw new BenchError('device.faulted', `${id} is not known yet: wait until it is ready`, { device: id })
  }
  const showLaser = async (wire: Wire, laser: number) => {
    const read = await readLaser(wire, laser)
    if (!read) throw new BenchError('scpi.error', `laser ${laser} does not say who it is`, { device: id })
    state.merge({ ctp10: { lasers: { [String(laser)]: read } } })
    emission.saw(laser, read.on)
    return read
  }
  const readSweep = async (wire: Wire) => {
    const tls = await readAllTls(wire)
    const settings = await readSweepSettings(wire, used(tls))
    const mode = await readSweepMode(wire)
    state.put({ sweepSettings: settings })
    state.merge({ ctp10: { tls, ...mode } })
    return { ...settings, ...mode, tls }
  }
  /** Shown as begun before it is: an abort that comes in between must find something to abort. */
  const start = async (wire: Wire, begin: () => () => void, command: () => Promise<void>): Promise<void> => {
    watch.requireRest(id)
    const takeBack = begin()
    try {
      emission.sweepComes()
      await command()
    } catch (error) {
      takeBack()
      throw error
    }
    // Asked at once: whoever looks next must not find an instrument that seems to rest.
    await watch.look(wire)
  }
  const startSweep = (wire: Wire): Promise<void> =>
    start(
      wire,
      () => watch.startSweep(),
      () => wire.command(':INIT:IMM'),
    )
  const keepTrace = async (
    { module = desk.module, channel, type }: { module?: number | undefined; channel: number; type: number },
    caller: Caller,
  ): Promise<TraceInfo> => {
    const signal = desk.downloading(caller)
    const progress = (bytes: number, of: number): void => state.put({ download: { bytes, of } })
    const place = { device: id, module, channel, type }
    try {
      const { draft, facts } = await say(
        (wire) => readTrace(wire, place, desk.traces, progress, signal),
        { ...caller, signal },
        'bulk',
      )
      const label = module === desk.module ? facts.label : `${facts.label}, module ${module}`
      return await draft.keep({ ...facts, label, settings: { ...state.value.sweepSettings, module } })
    } finally {
      state.put({ download: undefined })
    }
  }

  return {
    'sweep.start': async ({ device: _, ...wanted }, caller) => {
      watch.requireRest(id)
      const ticket = emission.ticket()
      return say(async (wire) => {
        const taken = await configureSweep(wire, wanted, used(state.value.ctp10?.tls))
        ticket()
        state.put({ sweepSettings: taken })
        await startSweep(wire)
        return taken
      }, caller)
    },
    'sweep.abort': async (_, { name }) => {
      desk.abort(`${name} aborted it`)
      return {}
    },
    'trace.read': (input, caller) => keepTrace(input, caller),
    'ctp.read': async () => {
      await desk.learnAgain()
      return {}
    },
    'ctp.errors': (_, caller) => say((wire) => wire.drainErrors(), caller),
    'ctp.setDetector': (input, caller) => {
      const { module = desk.module, channel } = input
      numbered('channel', numbered('module', ctp10().modules, module, id).detectors, channel, id)
      return say(async (wire) => {
        await setDetector(wire, module, input)
        const detector = await readDetector(wire, module, channel)
        state.merge(detectorPatch(module, channel, detector))
        return detector
      }, caller)
    },
    'ctp.setSweep': (input, caller) => {
      watch.requireRest(id)
      return say(async (wire) => {
        try {
          await setSweep(wire, input)
        } catch (error) {
          // What was refused has changed nothing, but what came before it has.
          await readSweep(wire).catch(() => {})
          throw error
        }
        return readSweep(wire)
      }, caller)
    },
    'ctp.runSweep': async (_, caller) => {
      watch.requireRest(id)
      const ticket = emission.ticket()
      await say(async (wire) => {
        ticket()
        await startSweep(wire)
      }, caller)
      return {}
    },
    'ctp.takeReference': async ({ module = desk.module, channel, quick }, caller) => {
      watch.requireRest(id)
      const ticket = emission.ticket()
      await say(async (wire) => {
        ticket()
        await start(
          wire,
          () => watch.startReference(module, channel, quick),
          () => startReference(wire, module, channel, quick),
        )
      }, caller)
      return {}
    },
    'ctp.setLaser': (input, caller) => {
      numbered('reference laser', ctp10().lasers, input.laser, id)
      return say(async (wire) => {
        await setLaser(wire, input.laser, input)
        return showLaser(wire, input.laser)
      }, caller)
    },
    'ctp.laserOn': ({ laser }, caller) => {
      numbered('reference laser', ctp10().lasers, laser, id)
      const ticket = emission.ticket(laser)
      return say(
        (wire) =>
          emission.lighting(laser, async () => {
            ticket()
            emission.laserComes(laser)
            await switchOn(wire, laser)
            return showLaser(wire, laser)
          }),
        caller,
      )
    },
    'ctp.laserOff': async ({ laser }) => {
      numbered('reference laser', ctp10().lasers, laser, id)
      emission.off(laser)
      await emission.confirm(OFF_MS)
      return numbered('reference laser', ctp10().lasers, laser, id)
    },
    'ctp.traceInfo': async ({ module = desk.module, channel, type }, caller) => {
      const { signal } = caller
      const place = { device: id, module, channel, type }
      const { points, startM, stepM } = await say((wire) => readExtent(wire, place, signal), caller)
      return { points, startNm: nanometres(startM), samplingPm: rounded(stepM * 1e12) }
    },
    'ctp.readTrace': (input, caller) => keepTrace(input, caller),
    'ctp.cancelTraces': async () => {
      desk.cancelDownloads()
      return {}
    },
  }
}
