import type { types } from 'mediasoup'
import { BenchError } from '../../shared/wire/errors.ts'
import { pause } from '../core/deadline.ts'
import type { Logger } from '../core/log.ts'
import { listenAddresses } from './addresses.ts'
import { answered } from './answered.ts'
import { launchWorker } from './launch-worker.ts'
import { killProcess, probeWorker } from './worker-probe.ts'

const RETRY_MS = { first: 50, most: 10_000 }
/** What has not ended so long after it was closed is killed. */
const END_MS = 500

/** A worker that runs, with the one UDP and TCP port that all its viewers share. */
export interface MediaWorker {
  worker: types.Worker
  server: types.WebRtcServer
}

/** What one worker has used: CPU time since it began, and the most memory it ever had. */
export interface WorkerUsage {
  pid: number
  cpuMs: number
  memoryKiB: number
}

interface Place {
  index: number
  cameras: number
  running: Promise<MediaWorker>
  /** Set while it runs. */
  current: MediaWorker | undefined
}

export interface WorkerOptions {
  /** Where viewers connect to; 0.0.0.0 is every network card. */
  host: string
  /** The first worker's port, the next ones have the next; 0 lets the system choose. */
  port: number
  workers: number
  log: Logger
}

/** mediasoup's workers. One that dies, or hangs, is replaced. */
export class Workers {
  readonly #options: WorkerOptions
  readonly #closing = new AbortController()
  readonly #places: Place[]

  private constructor(options: WorkerOptions) {
    this.#options = options
    this.#places = Array.from({ length: options.workers }, (_, index) => {
      const place: Place = {
        index,
        cameras: 0,
        current: undefined,
        running: Promise.reject(new Error('not started')),
      }
      place.running.catch(() => {})
      return place
    })
  }

  /** Starts them all. Throws `media.unavailable` when one does not start, for example because its port is taken. */
  static async open(options: WorkerOptions): Promise<Workers> {
    const workers = new Workers(options)
    try {
      await Promise.all(workers.#places.map((place) => workers.#start(place)))
    } catch (error) {
      workers[Symbol.dispose]()
      const ports =
        options.port === 0 ? '' : `, ports ${options.port} to ${options.port + options.workers - 1}`
      const reason = error instanceof Error ? error.message : String(error)
      const message = `no mediasoup worker on ${options.host}${ports}: ${reason}; set another port in bench.yaml if it is taken`
      throw new BenchError('media.unavailable', message, { cause: error })
    }
    return workers
  }

  /** Aborts when the SFU closes. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  /** The pids of those that run. */
  get pids(): number[] {
    return this.#places.flatMap((place) => place.current?.worker.pid ?? [])
  }

  /** The CPU time and the memory of each that runs, as its own process counts them. */
  async usage(): Promise<WorkerUsage[]> {
    const running = this.#places.flatMap((place) => place.current?.worker ?? [])
    const read = running.map(async (worker) => {
      // A worker that dies under way has none.
      const usage = await answered(worker.getResourceUsage(), 'its usage').catch(() => undefined)
      return usage && { pid: worker.pid, cpuMs: usage.ru_utime + usage.ru_stime, memoryKiB: usage.ru_maxrss }
    })
    return (await Promise.all(read)).filter((usage) => usage !== undefined)
  }

  /** The worker with the fewest cameras, once it runs; `release` gives the place back. Rejects when closing. */
  async acquire(): Promise<MediaWorker & { release: () => void }> {
    const place = this.#places.reduce((least, other) => (other.cameras < least.cameras ? other : least))
    place.cameras += 1
    const release = (): void => {
      place.cameras -= 1
    }
    try {
      for (;;) {
        const running = await place.running
        this.#closing.signal.throwIfAborted()
        // Routers hear of a death before the worker's own listeners do: the next round waits for the replacement.
        if (!running.worker.closed) return { ...running, release }
        // A timer, not a microtask: whatever starts the replacement must get its turn.
        await pause(RETRY_MS.first, this.#closing.signal)
      }
    } catch (error) {
      release()
      throw error
    }
  }

  #start(place: Place): Promise<MediaWorker> {
    place.running = this.#launch(place)
    place.running.catch(() => {})
    return place.running
  }

  async #launch(place: Place): Promise<MediaWorker> {
    const { log } = this.#options
    const worker = await launchWorker({ logLevel: 'warn' })
    try {
      if (this.#closing.signal.aborted) throw new Error('closing')
      const listenInfos = this.#listenInfos(place.index)
      const server = await answered(worker.createWebRtcServer({ listenInfos }), 'its ports')
      const running = { worker, server }
      place.current = running
      worker.once('died', () => {
        place.current = undefined
        log.error(`mediasoup worker ${place.index} (pid ${worker.pid}) died: starting another`)
        place.running = this.#replace(place)
        place.running.catch(() => {})
      })
      log.info(`mediasoup worker ${place.index} runs, pid ${worker.pid}`)
      void probeWorker(worker, this.#closing.signal, (why) =>
        log.error(`mediasoup worker ${place.index} (pid ${worker.pid}) hangs: ${why}, and is killed`),
      )
      return running
    } catch (error) {
      end(worker)
      throw error
    }
  }

  // The dead one's port may stay taken for a moment.
  async #replace(place: Place): Promise<MediaWorker> {
    for (
      let wait = 0;
      await pause(wait, this.#closing.signal);
      wait = Math.min(wait * 2 || RETRY_MS.first, RETRY_MS.most)
    ) {
      try {
        return await this.#launch(place)
      } catch (error) {
        this.#options.log.error(error, `mediasoup worker ${place.index} does not start`)
      }
    }
    throw new Error('closing')
  }

  #listenInfos(index: number): types.TransportListenInfo[] {
    const { host, port } = this.#options
    return listenAddresses(host).flatMap((ip) =>
      (['udp', 'tcp'] as const).map((protocol) => ({
        protocol,
        ip,
        ...(port === 0 ? {} : { port: port + index }),
      })),
    )
  }

  [Symbol.dispose](): void {
    this.#closing.abort()
    for (const { current } of this.#places) if (current) end(current.worker)
  }
}

function end(worker: types.Worker): void {
  worker.close()
  if (worker.subprocessClosed) return
  const late = setTimeout(() => killProcess(worker.pid), END_MS)
  worker.once('subprocessclose', () => clearTimeout(late))
}
