import type { BenchAction, Watch } from '../../shared/watch.ts'
import type { WatchEvent } from '../../shared/watch-state.ts'
import { BenchError } from '../../shared/errors.ts'
import type { Caller, Device } from '../core/device.ts'
import type { Logger } from '../core/log.ts'

/** Something that the bench did by itself, for the audit. */
export interface WatchDeed {
  who: string
  via: string
  action: string
  device?: string
  message: string
}

interface ActionTools {
  device: (id: string) => Device
  caller: (name: string, signal: AbortSignal) => Caller
  did: (deed: WatchDeed) => void
  log: Logger
  signal: AbortSignal
}

/** A value that trembles around its limit must not fill the disk: each watch does each thing once in so long. */
const LEAST_APART_MS = 10_000
const NAMES = { safe: 'device.stop', still: 'camera.still', record: 'camera.record.start' } as const

/**
 * Does on the bench what a watch asks for. To make safe, to take a still and to record move nothing: they need the role
 * of an operator, which the one had who saved the watch, and neither lease nor interlock. Each is in the audit.
 */
export class Actions {
  readonly #tools: ActionTools
  readonly #lastAt = new Map<string, number>()

  constructor(tools: ActionTools) {
    this.#tools = tools
  }

  do(watch: Watch, { kind, message }: WatchEvent, action: BenchAction, now = Date.now()): void {
    const { did, log } = this.#tools
    const key = `${watch.id} ${action.do} ${action.device}`
    if (now - (this.#lastAt.get(key) ?? -Infinity) < LEAST_APART_MS) return
    this.#lastAt.set(key, now)
    const who = `watch ${watch.name}`
    const deed = { who, via: 'watch', action: NAMES[action.do], device: action.device }
    const why = `${watch.name} has ${kind} (${message}); saved by ${watch.savedBy}`
    this.#act(who, watch, action).then(
      () => did({ ...deed, message: why }),
      (error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error)
        log.error({ watch: watch.name, device: action.device, error }, `a watch could not do ${action.do}`)
        did({ ...deed, message: `not done: ${reason}; ${why}` })
      },
    )
  }

  async #act(who: string, watch: Watch, action: BenchAction): Promise<void> {
    const { device: find, caller, signal } = this.#tools
    const { device: id } = action
    const device = find(id)
    if (action.do === 'safe') {
      await device.stop()
      return
    }
    const note = `taken by the watch ${watch.name}`
    const tags = ['watch']
    const still = device.commands['camera.still']
    const record = device.commands['camera.record.start']
    if (action.do === 'still' && still)
      await still({ device: id, format: 'png', note, tags }, caller(who, signal))
    else if (action.do === 'record' && record) {
      await record({ device: id, durationS: action.forS, note, tags }, caller(who, signal))
    } else throw new BenchError('device.unsupported', `${id} cannot do that`, { device: id })
  }
}
