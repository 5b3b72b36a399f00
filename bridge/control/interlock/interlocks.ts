import { type Act, acts, type Command, isForbidden } from '../../../shared/wire/command.ts'
import type { ControlState } from '../../../shared/control/control.ts'
import { BenchError } from '../../../shared/wire/errors.ts'
import type { Topic } from '../../core/topic.ts'
import { type InterlockConfig, type Readings, watchSource } from './source.ts'

/** An interlock that has just opened. */
export interface Opened {
  name: string
  title: string
  why: string
  devices: readonly string[]
  emergency: boolean
  forbids: readonly Act[]
}

interface InterlockOptions {
  config: Readonly<Record<string, InterlockConfig>>
  /** Which interlocks each device needs. */
  needs: ReadonlyMap<string, readonly string[]>
  readings: Readings
  topic: Topic<ControlState>
  opened: (interlock: Opened) => void
  signal: AbortSignal
}

/** The bench's interlocks: open until they are known to be closed. */
export class Interlocks {
  readonly #options: InterlockOptions

  constructor(options: InterlockOptions) {
    this.#options = options
    const { config, needs, topic } = options
    const at = Date.now()
    topic.put({
      interlocks: Object.fromEntries(
        Object.entries(config).map(([name, { title, key, emergency, forbids }]) => [
          name,
          {
            title: title ?? name,
            closed: false,
            since: at,
            reason: 'not known yet',
            settable: key === true,
            emergency,
            forbids: [...forbids],
            devices: [...needs].filter(([, names]) => names.includes(name)).map(([device]) => device),
          },
        ]),
      ),
    })
  }

  /** Begins to watch. */
  start(): void {
    const { config, readings, signal } = this.#options
    for (const [name, entry] of Object.entries(config)) {
      watchSource(entry, readings, (why) => this.#heard(name, why), signal)
    }
  }

  /**
   * Throws `interlock.open`, naming them, unless all are closed that the device needs for the command; for none, all.
   * `tells`: what of itself the device can end alone. What it does not tell apart is forbidden with the rest.
   */
  require(device: string, command?: Command, tells: readonly Act[] = acts): void {
    const open = (this.#options.needs.get(device) ?? []).flatMap((name) => {
      const interlock = this.#options.topic.value.interlocks[name]
      if (!interlock || interlock.closed) return []
      if (command && !isForbidden(command, wholly(interlock.forbids, tells))) return []
      return [`${interlock.title} (${interlock.reason ?? 'open'})`]
    })
    if (open.length === 0) return
    const message = `${device} is held by its interlock: ${open.join(', ')}. Close it and try again`
    throw new BenchError('interlock.open', message, { device })
  }

  /** Turns a software key. Throws `input.invalid` for one that is none. */
  set(name: string, closed: boolean): void {
    const interlock = this.#options.topic.value.interlocks[name]
    if (!interlock?.settable) {
      const keys = Object.entries(this.#options.topic.value.interlocks).filter(([, { settable }]) => settable)
      const known = keys.map(([key]) => key).join(', ') || 'none'
      throw new BenchError('input.invalid', `"${name}" is not a software key; there are ${known}`)
    }
    this.#heard(name, closed ? undefined : 'the key is open')
  }

  #heard(name: string, why: string | undefined): void {
    const { topic, opened } = this.#options
    const before = topic.value.interlocks[name]
    if (!before) return
    const closed = why === undefined
    if (before.closed === closed && before.reason === why) return
    const since = before.closed === closed ? before.since : Date.now()
    topic.merge({ interlocks: { [name]: { closed, since, reason: why ?? null } } })
    if (before.closed && !closed) {
      const { title, devices, emergency, forbids } = before
      opened({ name, title, why, devices, emergency, forbids })
    }
  }
}

/** What is forbidden to a device that can end only `tells` by itself: all of it, where the rest cannot be told apart. */
export function wholly(forbids: readonly Act[], tells: readonly Act[]): readonly Act[] {
  return forbids.every((act) => tells.includes(act)) ? forbids : acts
}
