import type { DatabaseSync } from 'node:sqlite'
import type { Caller } from '../core/device.ts'
import { withDeadline } from '../core/deadline.ts'
import {
  MOST_PATTERNS,
  MOST_PRESETS,
  type Pattern,
  pattern,
  type Preset,
  preset,
} from '../../shared/presets.ts'
import { aimOf, type SightContext, turretError } from './context.ts'

const PICTURE_MS = 3000

/** Its tables, by migration steps. */
export const PRESET_STEPS = [
  `CREATE TABLE turret_preset (turret TEXT, name TEXT, body TEXT NOT NULL, picture BLOB, PRIMARY KEY (turret, name)) STRICT;
   CREATE TABLE turret_pattern (turret TEXT, name TEXT, body TEXT NOT NULL, PRIMARY KEY (turret, name)) STRICT`,
]

/** The named directions of one turret, and the patterns made of them. */
export class Presets {
  readonly #db: DatabaseSync
  readonly #context: SightContext
  #presets: Record<string, Preset> = {}
  #patterns: Record<string, Pattern> = {}

  /** What cannot be read is logged, kept and not shown. */
  constructor(db: DatabaseSync, context: SightContext) {
    this.#db = db
    this.#context = context
    for (const { name, body } of this.#rows('turret_preset')) {
      const found = preset.safeParse(JSON.parse(String(body)))
      if (found.success) this.#presets[found.data.name] = found.data
      else context.log.error({ preset: name, error: found.error }, 'a preset cannot be read: it is not shown')
    }
    for (const { name, body } of this.#rows('turret_pattern')) {
      const found = pattern.safeParse(JSON.parse(String(body)))
      if (found.success) this.#patterns[found.data.name] = found.data
      else
        context.log.error({ pattern: name, error: found.error }, 'a pattern cannot be read: it is not shown')
    }
    this.show()
  }

  show(): void {
    this.#context.state.put({ presets: this.#presets, patterns: this.#patterns })
  }

  /** Throws `input.invalid`. */
  preset(name: string): Preset {
    const found = Object.hasOwn(this.#presets, name) ? this.#presets[name] : undefined
    if (found) return found
    throw turretError(this.#context, 'input.invalid', `there is no preset "${name}"`)
  }

  /** Throws `input.invalid`. */
  pattern(name: string): Pattern {
    const found = Object.hasOwn(this.#patterns, name) ? this.#patterns[name] : undefined
    if (found) return found
    throw turretError(this.#context, 'input.invalid', `there is no pattern "${name}"`)
  }

  async save(
    wish: { name: string; pan?: number | undefined; tilt?: number | undefined; key?: number | undefined },
    caller: Caller,
  ): Promise<Preset> {
    const { id, state } = this.#context
    const { name, key } = wish
    if (!this.#presets[name] && Object.keys(this.#presets).length >= MOST_PRESETS)
      throw turretError(this.#context, 'input.invalid', `there are ${MOST_PRESETS} presets already`)
    const here = aimOf(this.#context).at(performance.now()) ?? state.value.position
    const pan = wish.pan ?? here?.pan
    const tilt = wish.tilt ?? here?.tilt
    if (pan === undefined || tilt === undefined)
      throw turretError(this.#context, 'device.busy', 'it has not yet said where it points: try again')
    // A picture of somewhere else would be wrong.
    const isHere = (wish.pan ?? wish.tilt) === undefined
    const picture = isHere ? await this.#picture() : undefined
    const other = Object.values(this.#presets).find((one) => key !== undefined && one.key === key)
    if (other && other.name !== name) {
      const { key: _, ...without } = other
      this.#keep(without)
    }
    const saved: Preset = {
      ...{ name, pan: round(pan), tilt: round(tilt) },
      ...(key === undefined ? {} : { key }),
      ...{ savedBy: caller.name, savedAt: Date.now(), thumbnail: picture !== undefined },
    }
    this.#keep(saved)
    this.#db
      .prepare('UPDATE turret_preset SET picture = ? WHERE turret = ? AND name = ?')
      .run(picture ?? null, id, name)
    this.show()
    return saved
  }

  /** Throws `input.invalid` for one that a pattern needs. */
  delete(name: string): void {
    this.preset(name)
    const user = Object.values(this.#patterns).find(({ steps }) => steps.some((step) => step.preset === name))
    if (user)
      throw turretError(
        this.#context,
        'input.invalid',
        `the pattern "${user.name}" needs "${name}": change it first`,
      )
    this.#db.prepare('DELETE FROM turret_preset WHERE turret = ? AND name = ?').run(this.#context.id, name)
    const { [name]: _, ...presets } = this.#presets
    this.#presets = presets
    this.show()
  }

  /** Throws `input.invalid` when there is none. */
  picture(name: string): Buffer {
    this.preset(name)
    const row = this.#db
      .prepare('SELECT picture FROM turret_preset WHERE turret = ? AND name = ?')
      .get(this.#context.id, name)
    const picture = row?.['picture']
    if (picture instanceof Uint8Array) return Buffer.from(picture)
    throw turretError(this.#context, 'input.invalid', `the preset "${name}" has no picture`)
  }

  savePattern(wanted: Pattern): void {
    for (const step of wanted.steps) this.preset(step.preset)
    if (!this.#patterns[wanted.name] && Object.keys(this.#patterns).length >= MOST_PATTERNS)
      throw turretError(this.#context, 'input.invalid', `there are ${MOST_PATTERNS} patterns already`)
    this.#db
      .prepare('INSERT INTO turret_pattern VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body')
      .run(this.#context.id, wanted.name, JSON.stringify(wanted))
    this.#patterns = { ...this.#patterns, [wanted.name]: wanted }
    this.show()
  }

  deletePattern(name: string): void {
    this.pattern(name)
    this.#db.prepare('DELETE FROM turret_pattern WHERE turret = ? AND name = ?').run(this.#context.id, name)
    const { [name]: _, ...patterns } = this.#patterns
    this.#patterns = patterns
    this.show()
  }

  #keep(saved: Preset): void {
    this.#db
      .prepare(
        'INSERT INTO turret_preset (turret, name, body) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body',
      )
      .run(this.#context.id, saved.name, JSON.stringify(saved))
    this.#presets = { ...this.#presets, [saved.name]: saved }
  }

  #rows(table: 'turret_preset' | 'turret_pattern'): Record<string, unknown>[] {
    return this.#db.prepare(`SELECT name, body FROM ${table} WHERE turret = ?`).all(this.#context.id)
  }

  /** What the camera sees now; undefined when it says nothing in time: a preset is one without a picture, too. */
  async #picture(): Promise<Uint8Array | undefined> {
    const { camera, device } = this.#context
    const jpeg = Promise.withResolvers<Uint8Array>()
    let unlisten: (() => void) | undefined
    try {
      unlisten = device(camera).jpegs?.((picture) => jpeg.resolve(picture))
      if (!unlisten) return undefined
      return await withDeadline(jpeg.promise, PICTURE_MS, 'a picture for the preset', { device: camera })
    } catch {
      return undefined
    } finally {
      unlisten?.()
    }
  }
}

function round(degrees: number): number {
  return Math.round(degrees * 1000) / 1000
}
