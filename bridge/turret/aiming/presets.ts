import type { Caller } from '../../device/device.ts'
import { withDeadline } from '../../core/deadline.ts'
import { OneAtATime } from '../../core/one-at-a-time.ts'
import type { Row, Tables } from '../../core/tables.ts'
import {
  MOST_PATTERNS,
  MOST_PRESETS,
  type Pattern,
  pattern,
  type Preset,
  preset,
} from '../../../shared/turret/presets.ts'
import { aimOf, type SightContext, turretError } from './context.ts'

const PICTURE_MS = 3000

const STEPS = [
  `CREATE TABLE turret_preset (turret TEXT, name TEXT, body TEXT NOT NULL, picture BLOB, PRIMARY KEY (turret, name)) STRICT;
   CREATE TABLE turret_pattern (turret TEXT, name TEXT, body TEXT NOT NULL, PRIMARY KEY (turret, name)) STRICT`,
]

/** The named directions of one turret, and the patterns made of them. */
export class Presets {
  readonly #tables: Tables
  readonly #changing = new OneAtATime()
  readonly #context: SightContext
  #presets: Record<string, Preset> = {}
  #patterns: Record<string, Pattern> = {}

  private constructor(
    tables: Tables,
    context: SightContext,
    kept: { presets: readonly Row[]; patterns: readonly Row[] },
  ) {
    this.#tables = tables
    this.#context = context
    for (const { name, body } of kept.presets) {
      const found = preset.safeParse(JSON.parse(String(body)))
      if (found.success) this.#presets[found.data.name] = found.data
      else context.log.error({ preset: name, error: found.error }, 'a preset cannot be read: it is not shown')
    }
    for (const { name, body } of kept.patterns) {
      const found = pattern.safeParse(JSON.parse(String(body)))
      if (found.success) this.#patterns[found.data.name] = found.data
      else
        context.log.error({ pattern: name, error: found.error }, 'a pattern cannot be read: it is not shown')
    }
    this.show()
  }

  /** Reads what is kept of a turret. What cannot be read is logged, kept and not shown. */
  static async open(tables: Tables, context: SightContext): Promise<Presets> {
    await tables.migrate('turret presets', STEPS)
    const rows = (table: 'turret_preset' | 'turret_pattern'): Promise<Row[]> =>
      tables.all(`SELECT name, body FROM ${table} WHERE turret = ?`, context.id)
    const [presets, patterns] = [await rows('turret_preset'), await rows('turret_pattern')]
    return new Presets(tables, context, { presets, patterns })
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
    return this.#changing.run(async () => {
      const other = Object.values(this.#presets).find((one) => key !== undefined && one.key === key)
      const saved: Preset = {
        ...{ name, pan: round(pan), tilt: round(tilt) },
        ...(key === undefined ? {} : { key }),
        ...{ savedBy: caller.name, savedAt: Date.now(), thumbnail: picture !== undefined },
      }
      const changed = [saved]
      if (other && other.name !== name) {
        const { key: _, ...without } = other
        changed.push(without)
      }
      await this.#tables.write(
        ...changed.map((one) => ({
          sql: 'INSERT INTO turret_preset (turret, name, body) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body',
          values: [id, one.name, JSON.stringify(one)],
        })),
        {
          sql: 'UPDATE turret_preset SET picture = ? WHERE turret = ? AND name = ?',
          values: [picture ?? null, id, name],
        },
      )
      for (const one of changed) this.#presets = { ...this.#presets, [one.name]: one }
      this.show()
      return saved
    })
  }

  /** Rejects with `input.invalid` for one that a pattern needs. */
  delete(name: string): Promise<void> {
    return this.#changing.run(async () => {
      this.preset(name)
      const user = Object.values(this.#patterns).find(({ steps }) =>
        steps.some((step) => step.preset === name),
      )
      if (user)
        throw turretError(
          this.#context,
          'input.invalid',
          `the pattern "${user.name}" needs "${name}": change it first`,
        )
      await this.#tables.run(
        'DELETE FROM turret_preset WHERE turret = ? AND name = ?',
        this.#context.id,
        name,
      )
      const { [name]: _, ...presets } = this.#presets
      this.#presets = presets
      this.show()
    })
  }

  /** Rejects with `input.invalid` when there is none. */
  async picture(name: string): Promise<Buffer> {
    this.preset(name)
    const row = await this.#tables.get(
      'SELECT picture FROM turret_preset WHERE turret = ? AND name = ?',
      ...[this.#context.id, name],
    )
    const picture = row?.['picture']
    if (picture instanceof Uint8Array) return Buffer.from(picture)
    throw turretError(this.#context, 'input.invalid', `the preset "${name}" has no picture`)
  }

  /** Rejects with `input.invalid` for a step to a preset that there is not, and when there are too many. */
  savePattern(wanted: Pattern): Promise<void> {
    return this.#changing.run(async () => {
      for (const step of wanted.steps) this.preset(step.preset)
      if (!this.#patterns[wanted.name] && Object.keys(this.#patterns).length >= MOST_PATTERNS)
        throw turretError(this.#context, 'input.invalid', `there are ${MOST_PATTERNS} patterns already`)
      await this.#tables.run(
        'INSERT INTO turret_pattern VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body',
        ...[this.#context.id, wanted.name, JSON.stringify(wanted)],
      )
      this.#patterns = { ...this.#patterns, [wanted.name]: wanted }
      this.show()
    })
  }

  /** Rejects with `input.invalid` when there is none. */
  deletePattern(name: string): Promise<void> {
    return this.#changing.run(async () => {
      this.pattern(name)
      await this.#tables.run(
        'DELETE FROM turret_pattern WHERE turret = ? AND name = ?',
        this.#context.id,
        name,
      )
      const { [name]: _, ...patterns } = this.#patterns
      this.#patterns = patterns
      this.show()
    })
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
