import { BenchError } from '../../../shared/wire/errors.ts'
import type { Direction, TurretState } from '../../../shared/turret/turret.ts'
import type { Device, Handlers } from '../../device/device.ts'
import type { Tables } from '../../core/tables.ts'
import type { Topic } from '../../core/topic.ts'

const STEPS = [
  'CREATE TABLE turret_home (turret TEXT PRIMARY KEY, pan REAL NOT NULL, tilt REAL NOT NULL) STRICT',
]
const FIRST: Direction = { pan: 0, tilt: 0 }

interface HomesOptions {
  /** Of every turret, with a camera or without. */
  topics: ReadonlyMap<string, Topic<TurretState>>
  /** Throws `device.unknown` or `device.faulted`. */
  device: (id: string) => Device
}

/** Where each turret's home is, in its topic and across restarts: degrees, so that finding the limit switches again does not move it. */
export class Homes {
  readonly #tables: Tables
  readonly #options: HomesOptions

  private constructor(tables: Tables, options: HomesOptions) {
    this.#tables = tables
    this.#options = options
  }

  /** Puts into the topic of every turret the home that was kept. */
  static async open(tables: Tables, options: HomesOptions): Promise<Homes> {
    await tables.migrate('turret homes', STEPS)
    const rows = await tables.all('SELECT turret, pan, tilt FROM turret_home')
    const kept = new Map(
      rows.map(({ turret, pan, tilt }) => [String(turret), { pan: Number(pan), tilt: Number(tilt) }]),
    )
    for (const [id, topic] of options.topics) topic.put({ home: kept.get(id) ?? FIRST })
    return new Homes(tables, options)
  }

  handlers: Handlers = {
    'turret.setHome': ({ device }) => this.#set(device),
  }

  /** On the disk before it is so. Rejects as finding the device does, with `turret.unhomed` where the place is not known, and as the store does. */
  async #set(id: string): Promise<Direction> {
    this.#options.device(id)
    const topic = this.#options.topics.get(id)
    if (!topic) throw new BenchError('device.unsupported', `${id} is no turret`, { device: id })
    const { position, homed } = topic.value
    if (!position || homed === false)
      throw new BenchError(
        'turret.unhomed',
        `${id}: it does not know where it points: home it first (turret.home)`,
        { device: id },
      )
    const round = (degrees: number): number => Math.round(degrees * 1000) / 1000
    const home = { pan: round(position.pan), tilt: round(position.tilt) }
    await this.#tables.run(
      'INSERT INTO turret_home VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET pan = excluded.pan, tilt = excluded.tilt',
      ...[id, home.pan, home.tilt],
    )
    topic.put({ home })
    return home
  }
}
