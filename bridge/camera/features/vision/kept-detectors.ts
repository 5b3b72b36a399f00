import { z } from 'zod'
import type { CameraState } from '../../../../shared/camera/camera.ts'
import { detectors } from '../../../../shared/camera/vision.ts'
import type { Logger } from '../../../core/log.ts'
import type { Tables } from '../../../core/tables.ts'
import type { Topic } from '../../../core/topic.ts'

const STEPS = ['CREATE TABLE camera_detectors (camera TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT']

/** What `vision.set` has chosen. */
const chosen = z.object({ fps: z.number(), detectors })

interface KeptDetectorsOptions {
  /** Of every camera. */
  topics: ReadonlyMap<string, Topic<CameraState>>
  /** Names of the models that bench.yaml has. */
  models: readonly string[]
  log: Logger
}

/** What is looked for in each camera's pictures, across restarts: a camera begins with what its topic has. */
export class KeptDetectors implements Disposable {
  readonly #tables: Tables
  readonly #models: readonly string[]
  readonly #log: Logger
  readonly #unsubscribe: (() => void)[] = []

  private constructor(
    tables: Tables,
    { topics, models, log }: KeptDetectorsOptions,
    bodies: ReadonlyMap<string, string>,
  ) {
    this.#tables = tables
    this.#models = models
    this.#log = log
    for (const [camera, topic] of topics) {
      let kept = this.#read(camera, bodies.get(camera))
      if (kept) topic.put({ vision: { ...chosen.parse(JSON.parse(kept)), models: [...models] } })
      const unsubscribe = topic.subscribe(({ patch }) => {
        const { vision } = topic.value
        if (!('vision' in patch) || !vision) return
        const body = JSON.stringify({ fps: vision.fps, detectors: vision.detectors })
        if (body === kept) return
        kept = body
        this.#write(camera, body)
      })
      this.#unsubscribe.push(unsubscribe)
    }
  }

  /** Puts what was chosen into the topics of the cameras, and keeps what is chosen from now on. */
  static async open(tables: Tables, options: KeptDetectorsOptions): Promise<KeptDetectors> {
    await tables.migrate('camera detectors', STEPS)
    const rows = await tables.all('SELECT camera, body FROM camera_detectors')
    const bodies = new Map(rows.map(({ camera, body }) => [String(camera), String(body)]))
    return new KeptDetectors(tables, options, bodies)
  }

  [Symbol.dispose](): void {
    for (const end of this.#unsubscribe) end()
  }

  /** Undefined for what cannot be read any more, and for a model that bench.yaml does not have any more. */
  #read(camera: string, body: string | undefined): string | undefined {
    if (body === undefined) return undefined
    const found = chosen.safeParse(JSON.parse(body))
    const model = found.data?.detectors.model?.name
    if (found.success && (model === undefined || this.#models.includes(model)))
      return JSON.stringify(found.data)
    this.#log.warn(
      { camera, error: found.error, model },
      'the detectors that were chosen cannot be had any more',
    )
    return undefined
  }

  #write(camera: string, body: string): void {
    this.#tables.later(
      {
        sql: 'INSERT INTO camera_detectors VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body',
        values: [camera, body],
      },
      `camera detectors/${camera}`,
    )
  }
}
