import type { DatabaseSync } from 'node:sqlite'
import { BenchError } from '../../shared/errors.ts'
import type { Direction, TurretState } from '../../shared/turret.ts'
import type { Device, Handlers } from '../core/device.ts'
import type { Topic } from '../core/topic.ts'

const STEPS = [
  'CREATE TABLE turret_home (turret TEXT PRIMARY KEY, pan REAL NOT NULL, tilt REAL NOT NULL) STRICT',
]
const FIRST: Direction = { pan: 0, tilt: 0 }

interface HomesOptions {
  /** Of every turret, with a camera or without. */
  topics: ReadonlyMap<string, Topic<TurretState>>
  migrate: (owner: string, steps: readonly string[]) => void
  /** Throws `device.unknown` or `device.faulted`. */
  device: (id: string) => Device
}

/** Where each turret's home is, in its topic and across restarts: degrees, so that finding the limit switches again does not move it. */
export class Homes {
  readonly #db: DatabaseSync
  readonly #options: HomesOptions

  constructor(db: DatabaseSync, options: HomesOptions) {
    this.#db = db
    this.#options = options
    options.migrate('turret homes', STEPS)
    for (const [id, topic] of options.topics) topic.put({ home: this.#kept(id) ?? FIRST })
  }

  handlers: Handlers = {
    'turret.setHome': ({ device }) => Promise.try(() => this.#set(device)),
  }

  /** Throws as finding the device does, `turret.unhomed` where the place is not known. */
  #set(id: string): Direction {
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
    this.#db
      .prepare(
        'INSERT INTO turret_home VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET pan = excluded.pan, tilt = excluded.tilt',
      )
      .run(id, home.pan, home.tilt)
    topic.put({ home })
    return home
  }

  #kept(id: string): Direction | undefined {
    const row = this.#db.prepare('SELECT pan, tilt FROM turret_home WHERE turret = ?').get(id)
    return row && { pan: Number(row['pan']), tilt: Number(row['tilt']) }
  }
}
