import type { ControlState } from '../../../shared/control.ts'
import { BenchError } from '../../../shared/errors.ts'
import type { Topic } from '../../core/topic.ts'
import { type InterlockConfig, type Readings, watchSource } from './source.ts'

/** An interlock that has just opened. */
export interface Opened {
  name: string
  title: string
  why: string
  devices: readonly string[]
  emergency: boolean
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
        Object.entries(config).map(([name, { title, key, emergency }]) => [
          name,
          {
            title: title ?? name,
            closed: false,
            since: at,
            reason: 'not known yet',
            settable: key === true,
            emergency,
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

  /** Throws `interlock.open`, naming them, unless all that the device needs are closed. */
  require(device: string): void {
    const open = (this.#options.needs.get(device) ?? []).flatMap((name) => {
      const interlock = this.#options.topic.value.interlocks[name]
      return interlock && !interlock.closed ? [`${interlock.title} (${interlock.reason ?? 'open'})`] : []
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
      const { title, devices, emergency } = before
      opened({ name, title, why, devices, emergency })
    }
  }
}
