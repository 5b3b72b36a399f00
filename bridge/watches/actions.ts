import { type Role, satisfies } from '../../shared/access/access.ts'
import { commands } from '../../shared/commands.ts'
import type { BenchAction, Watch } from '../../shared/watches/watch.ts'
import type { WatchEvent } from '../../shared/watches/watch-state.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import { monotonicMs } from '../core/clock.ts'
import type { Caller, Device } from '../device/device.ts'
import type { Logger } from '../core/log.ts'

/** Something that the bench did by itself, for the audit. */
export interface WatchDeed {
  who: string
  via: string
  action: string
  device?: string
  message: string
}

/** Who saves a watch. */
export type Saver = Pick<Caller, 'name' | 'via' | 'key'>

/** What a watch remembers of who saved it, for when it is to act in their name. */
export function savingOf(
  { name, via, key }: Saver,
  now: number,
): Pick<Watch, 'savedAt' | 'savedBy' | 'savedWith'> {
  return { savedAt: now, savedBy: name, savedWith: via === 'token' ? key : via }
}

interface ActionTools {
  device: (id: string) => Device
  roleOf: (watch: Watch) => Role | undefined
  caller: (name: string, signal: AbortSignal) => Caller
  did: (deed: WatchDeed) => void
  /** Is told why a device's emission is about to be ended. */
  ending: (why: string, device: string) => void
  /** Tells the pages that it was not done. */
  tell: (event: WatchEvent) => void
  log: Logger
  signal: AbortSignal
}

/** A value that trembles around its limit must not fill the disk: each watch does each thing once in so long. */
const LEAST_APART_MS = 10_000
/** What it takes is what a person needs for the same: whoever may look may stop. */
const ACTS = {
  safe: { name: 'device.stop', role: commands['estop.press'].role, words: 'make it safe' },
  still: { name: 'camera.still', role: commands['camera.still'].role, words: 'take a still' },
  record: { name: 'camera.record.start', role: commands['camera.record.start'].role, words: 'record' },
} as const

/**
 * Does on the bench what a watch asks for. To make safe, to take a still and to record move nothing: they need neither
 * lease nor interlock, but the role, which whoever saved the watch must still have. Each is in the audit.
 */
export class Actions {
  readonly #tools: ActionTools
  readonly #lastAt = new Map<string, number>()

  constructor(tools: ActionTools) {
    this.#tools = tools
  }

  do(watch: Watch, event: WatchEvent, action: BenchAction, now = monotonicMs()): void {
    const { did, tell, log } = this.#tools
    const { kind, message } = event
    const key = `${watch.id} ${action.do} ${action.device}`
    if (now - (this.#lastAt.get(key) ?? -Infinity) < LEAST_APART_MS) return
    this.#lastAt.set(key, now)
    const who = `watch ${watch.name}`
    const deed = { who, via: 'watch', action: ACTS[action.do].name, device: action.device }
    const why = `${watch.name} has ${kind} (${message}); saved by ${watch.savedBy}`
    this.#act(who, watch, action, why).then(
      (besides) => did({ ...deed, message: besides === undefined ? why : `${besides}; ${why}` }),
      (error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error)
        log.error({ watch: watch.name, device: action.device, error }, `a watch could not do ${action.do}`)
        did({ ...deed, message: `not done: ${reason}; ${why}` })
        const { words } = ACTS[action.do]
        tell({ ...event, kind: 'failed', message: `${action.device}: it could not ${words}: ${reason}` })
      },
    )
  }

  /** Gives what there is to be said of it besides that it was done. */
  async #act(who: string, watch: Watch, action: BenchAction, why: string): Promise<string | undefined> {
    const { device: find, roleOf, caller, signal, ending } = this.#tools
    const { device: id } = action
    const role = roleOf(watch)
    const { role: needed } = ACTS[action.do]
    if (!role || !satisfies(role, needed)) {
      const now = role ? `is ${role} now` : 'is not let in any more'
      throw new BenchError(
        'role.required',
        `${watch.savedBy}, who saved the watch, ${now}: it takes the role ${needed}. Somebody who has it may save the watch again`,
        { device: id },
      )
    }
    const device = find(id)
    if (action.do === 'safe') {
      ending(why, id)
      return (await device.stop()) === 'sent' ? 'sent, not confirmed: nothing can prove it' : undefined
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
    return undefined
  }
}
