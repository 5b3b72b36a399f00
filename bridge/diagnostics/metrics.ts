import { Counter, Gauge, Registry } from 'prom-client'
import type { Diagnostics, StageSummary } from '../../shared/diagnostics/diagnostics.ts'

const MS_A_S = 1000
const MIB = 2 ** 20
const QUANTILES = { '0.5': 'medianMs', '0.95': 'p95Ms' } as const

/** The bench's figures for Prometheus. Labels are devices, stages and workers: what people bring along is none. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #stage = this.#gauge(
    'lightbench_stage_duration_seconds',
    'How long a stage took in the last minute',
    ['camera', 'stage', 'quantile'],
  )
  readonly #latency = this.#gauge(
    'lightbench_glass_latency_seconds',
    'From a frame made to a frame shown in the last minute, as viewers measure it',
    ['camera', 'quantile'],
  )
  readonly #viewers = this.#gauge('lightbench_camera_viewers', 'Viewers now', ['camera'])
  readonly #lost = this.#gauge(
    'lightbench_viewers_drops',
    'What those who watch now have lost since they joined',
    ['camera', 'stage', 'reason'],
  )
  readonly #dropped = this.#counter(
    'lightbench_camera_frames_replaced_total',
    'Frames that a newer one replaced before the encoder took them, since the camera process began',
    ['camera'],
  )
  readonly #cpu = this.#gauge('lightbench_cpu_ratio', 'Share of one core in the last 5 s', [
    'process',
    'name',
  ])
  readonly #memory = this.#gauge('lightbench_memory_bytes', 'Resident memory', ['process', 'name'])
  readonly #lateness = this.#gauge(
    'lightbench_event_loop_delay_seconds',
    'By how much timers of the bridge were late in the last minute',
    ['quantile'],
  )
  readonly #sockets = this.#gauge('lightbench_sockets', 'Pages and scripts connected by socket', [])
  readonly #exchanges = this.#counter('lightbench_instrument_exchanges_total', 'Entries of the journal', [
    'device',
  ])
  readonly #errors = this.#counter('lightbench_instrument_errors_total', 'Entries with an error', ['device'])
  readonly #line = this.#gauge(
    'lightbench_instrument_line_seconds',
    'How long an exchange waited for the line, and was on it, in the last minute',
    ['device', 'part', 'quantile'],
  )
  readonly #database = this.#gauge('lightbench_database_bytes', 'The database with its log', [])
  readonly #diskFree = this.#gauge('lightbench_disk_free_bytes', 'Room left for data', [])
  readonly #disk = this.#gauge('lightbench_disk_bytes', 'The whole disk that data is on', [])
  readonly #up = this.#gauge('lightbench_uptime_seconds', 'Since the bridge began', [])

  readonly contentType = this.#registry.contentType

  /** Prometheus' text format. */
  async text(state: Diagnostics): Promise<string> {
    this.#registry.resetMetrics()
    this.#noteCameras(state)
    this.#noteBridge(state)
    for (const { device, exchanges, errors, lineWait, wire } of state.sessions) {
      this.#exchanges.inc({ device }, exchanges)
      this.#errors.inc({ device }, errors)
      this.#quantiles(this.#line, { device, part: 'wait' }, lineWait)
      this.#quantiles(this.#line, { device, part: 'wire' }, wire)
    }
    return this.#registry.metrics()
  }

  #noteCameras({ cameras }: Diagnostics): void {
    for (const { device: camera, stages, latency, viewers, drops, cpuPercent, memoryMiB } of cameras) {
      for (const [stage, summary] of Object.entries(stages)) {
        this.#quantiles(this.#stage, { camera, stage }, summary)
      }
      this.#quantiles(this.#latency, { camera }, latency)
      this.#viewers.set({ camera }, viewers.length)
      for (const { stage, reason, count } of drops) {
        if (stage === 'slot') this.#dropped.inc({ camera }, count)
        else this.#lost.set({ camera, stage, reason }, count)
      }
      this.#load({ process: 'camera', name: camera }, cpuPercent, memoryMiB)
    }
  }

  #noteBridge({ bridge, workers, storage }: Diagnostics): void {
    this.#load({ process: 'bridge', name: 'bridge' }, bridge.cpuPercent, bridge.memoryMiB)
    workers.forEach(({ cpuPercent, memoryMiB }, index) =>
      this.#load({ process: 'worker', name: String(index) }, cpuPercent, memoryMiB),
    )
    this.#sockets.set(bridge.sockets)
    this.#up.set(bridge.upS)
    if (bridge.eventLoop) {
      this.#lateness.set({ quantile: '0.5' }, bridge.eventLoop.medianMs / MS_A_S)
      this.#lateness.set({ quantile: '0.99' }, bridge.eventLoop.p99Ms / MS_A_S)
      this.#lateness.set({ quantile: '1' }, bridge.eventLoop.mostMs / MS_A_S)
    }
    if (storage.databaseBytes !== undefined) this.#database.set(storage.databaseBytes)
    if (storage.diskFreeBytes !== undefined) this.#diskFree.set(storage.diskFreeBytes)
    if (storage.diskBytes !== undefined) this.#disk.set(storage.diskBytes)
  }

  #load(labels: { process: string; name: string }, cpuPercent?: number, memoryMiB?: number): void {
    if (cpuPercent !== undefined) this.#cpu.set(labels, cpuPercent / 100)
    if (memoryMiB !== undefined) this.#memory.set(labels, memoryMiB * MIB)
  }

  #quantiles(gauge: Gauge, labels: Record<string, string>, summary: StageSummary | undefined): void {
    if (!summary) return
    for (const [quantile, member] of Object.entries(QUANTILES)) {
      gauge.set({ ...labels, quantile }, summary[member] / MS_A_S)
    }
  }

  #gauge(name: string, help: string, labelNames: string[]): Gauge {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] })
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.#registry] })
  }
}
