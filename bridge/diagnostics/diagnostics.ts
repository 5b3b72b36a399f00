import type { CameraState } from '../../shared/camera/camera.ts'
import {
  type CameraDiagnostics,
  type Diagnostics as State,
  DIAGNOSTICS_SPAN_MS,
  type Drop,
  REPORT_EVERY_MS,
  type ViewerReport,
} from '../../shared/diagnostics/diagnostics.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import { steadyEpochMs } from '../core/clock.ts'
import { CpuShare, ownCpuMs } from '../core/cpu.ts'
import type { Caller, CameraLoad, Handlers } from '../device/device.ts'
import type { ViewerIds } from '../core/viewer-ids.ts'
import { EventLoopDelay } from './event-loop.ts'
import { type LineJournal, LineTimes } from './line-times.ts'
import { readStorage } from './storage.ts'
import { ViewerReports } from './viewer-reports.ts'

const MIB = 2 ** 20
const KIB = 1024

/** What one mediasoup worker has used. */
export interface WorkerUsage {
  pid: number
  cpuMs: number
  memoryKiB: number
}

interface DiagnosticsOptions {
  /** The cameras there are: their topics, and what their processes said last. */
  cameras: readonly {
    id: string
    state: () => CameraState
    load: () => CameraLoad | undefined
    /** Shows what a viewer of this camera has reported to all who look at it. */
    reported: (viewer: string, said: Pick<ViewerReport, 'latencyMs' | 'lossPercent'>) => void
  }[]
  lines: readonly { id: string; journal: LineJournal }[]
  workers: () => Promise<WorkerUsage[]>
  sockets: () => number
  /** Whose each viewer is, and what others know it by. */
  viewers: ViewerIds
  databaseFile: string
  dataDir: string
}

/** How the bench fares: looked at every 5 s, so that asking costs nothing and a minute has its middle and its worst. */
export class Diagnostics implements Disposable {
  readonly #options: DiagnosticsOptions
  readonly #reports = new ViewerReports()
  readonly #loop = new EventLoopDelay(DIAGNOSTICS_SPAN_MS / REPORT_EVERY_MS)
  readonly #lines: LineTimes[]
  readonly #ownCpu = new CpuShare()
  readonly #workerCpu = new Map<number, CpuShare>()
  readonly #timer: NodeJS.Timeout
  #cpuPercent: number | undefined
  #workers: State['workers'] = []
  #storage: State['storage'] = {}
  #looking = false

  constructor(options: DiagnosticsOptions) {
    this.#options = options
    this.#lines = options.lines.map(({ id, journal }) => new LineTimes(id, journal))
    this.#ownCpu.read(ownCpuMs())
    void this.#look()
    this.#timer = setInterval(() => void this.#look(), REPORT_EVERY_MS)
  }

  handlers: Handlers = {
    'diagnostics.read': () => Promise.resolve(this.read()),
    'viewer.report': (report, caller) => {
      this.#report(report, caller)
      return Promise.resolve({})
    },
  }

  /** How things are now. */
  read(now: number = Math.round(steadyEpochMs())): State {
    const { rss, heapUsed } = process.memoryUsage()
    for (const line of this.#lines) line.look()
    const eventLoop = this.#loop.summary()
    return {
      at: now,
      cameras: this.#options.cameras.map((camera) => this.#camera(camera, now)),
      sessions: this.#lines.map((line) => line.summary()),
      workers: this.#workers,
      bridge: {
        upS: Math.round(process.uptime()),
        ...(this.#cpuPercent !== undefined && { cpuPercent: this.#cpuPercent }),
        memoryMiB: Math.round(rss / MIB),
        heapMiB: Math.round(heapUsed / MIB),
        sockets: this.#options.sockets(),
        ...(eventLoop && { eventLoop }),
      },
      storage: this.#storage,
    }
  }

  #camera({ id, state, load }: DiagnosticsOptions['cameras'][number], now: number): CameraDiagnostics {
    const { viewers = {}, droppedFrames } = state()
    const ids = Object.keys(viewers)
    const own = load()
    const latency = this.#reports.latency(ids, now)
    const sum = (member: 'framesDropped' | 'packetsLost' | 'freezes'): number =>
      ids.reduce((total, viewer) => total + (this.#reports.newest(viewer)?.[member] ?? 0), 0)
    const drops: Drop[] = [
      { stage: 'slot', reason: 'replaced', count: droppedFrames ?? 0 },
      { stage: 'network', reason: 'lost', count: sum('packetsLost') },
      { stage: 'draw', reason: 'unshown', count: sum('framesDropped') },
      { stage: 'draw', reason: 'frozen', count: sum('freezes') },
    ]
    return {
      device: id,
      stages: { ...own?.stages, ...this.#reports.stages(ids, now) },
      ...(latency && { latency }),
      ...(own?.cpuPercent !== undefined && { cpuPercent: own.cpuPercent }),
      ...(own && { memoryMiB: own.memoryMiB }),
      drops,
      viewers: ids.map((viewer) => {
        const { address, since, path: icePath } = viewers[viewer]!
        const {
          viewer: _,
          at: reportedAt,
          ...said
        } = this.#reports.newest(viewer) ?? { viewer, at: undefined }
        return {
          ...said,
          address,
          since,
          ...(icePath !== undefined && { icePath }),
          ...(reportedAt !== undefined && { reportedAt }),
        }
      }),
    }
  }

  #report(said: ViewerReport, caller: Caller): void {
    const viewer = this.#options.viewers.shownOf(said.viewer, caller)
    const camera = viewer && this.#options.cameras.find(({ state }) => state().viewers?.[viewer])
    if (!camera) {
      throw new BenchError('media.unavailable', 'this viewer has ended: join again, then report')
    }
    this.#reports.add({ ...said, viewer }, steadyEpochMs())
    const { latencyMs, lossPercent } = said
    camera.reported(viewer, {
      ...(latencyMs !== undefined && { latencyMs: Math.round(latencyMs) }),
      ...(lossPercent !== undefined && { lossPercent: Math.round(lossPercent * 10) / 10 }),
    })
  }

  #watching(): Set<string> {
    return new Set(this.#options.cameras.flatMap(({ state }) => Object.keys(state().viewers ?? {})))
  }

  async #look(): Promise<void> {
    // A disk that does not answer is asked no second time meanwhile.
    if (this.#looking) return
    this.#looking = true
    try {
      this.#cpuPercent = this.#ownCpu.read(ownCpuMs())
      this.#reports.keepOnly(this.#watching())
      for (const line of this.#lines) line.look()
      const { databaseFile, dataDir, workers } = this.#options
      this.#loop.turn()
      const [used, storage] = await Promise.all([workers(), readStorage(databaseFile, dataDir)])
      this.#storage = storage
      this.#workers = used.map((usage) => this.#worker(usage))
      for (const pid of this.#workerCpu.keys()) {
        if (!used.some((usage) => usage.pid === pid)) this.#workerCpu.delete(pid)
      }
    } finally {
      this.#looking = false
    }
  }

  #worker({ pid, cpuMs, memoryKiB }: WorkerUsage): State['workers'][number] {
    const share = this.#workerCpu.get(pid) ?? new CpuShare()
    this.#workerCpu.set(pid, share)
    const cpuPercent = share.read(cpuMs)
    return { pid, ...(cpuPercent !== undefined && { cpuPercent }), memoryMiB: Math.round(memoryKiB / KIB) }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#loop[Symbol.dispose]()
  }
}
