import { BenchError } from '../../../../shared/wire/errors.ts'
import type { ParsedInputOf } from '../../../../shared/commands.ts'
import type { MediaEntry } from '../../../../shared/gallery/gallery.ts'
import type { RecordingState } from '../../../../shared/camera/recording.ts'
import { monotonicMs } from '../../../core/clock.ts'
import { withDeadline } from '../../../core/deadline.ts'
import type { Caller, DriverContext, Handlers } from '../../../device/device.ts'
import { withStartDeadline } from '../../../core/start-deadline.ts'
import { absent } from '../../device/absence.ts'
import type { BridgePart } from '../../frame/part.ts'
import type { CameraAbout } from '../../frame/protocol.ts'
import { RecordJob } from './job.ts'
import type { RecordEnd, RecordProtocol } from './protocol.ts'

type Wish = ParsedInputOf<'camera.record.start'>

/** Beyond two exposures and two frames, until the first picture is on disk; and until all is that was held. */
const OPEN_MS = 8000
const STOP_MS = 8000
const GONE = "the camera's process ended"
const WAITS = `${GONE}: the recording goes on as another part when it is back`

/** Recordings of one camera, one at a time: over any number of processes, a part for each. */
export class RecordBridgePart implements BridgePart<RecordProtocol['to'], RecordProtocol['from']> {
  readonly commands: Handlers
  readonly #context: DriverContext<'camera'>
  #send: ((message: RecordProtocol['to']) => void) | undefined
  #about: CameraAbout | undefined
  #job: RecordJob | undefined
  #opening: PromiseWithResolvers<void> | undefined
  #stopping: PromiseWithResolvers<MediaEntry> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(context: DriverContext<'camera'>) {
    this.#context = context
    this.commands = {
      'camera.record.start': (wish, caller) => this.#start(wish, caller),
      'camera.record.stop': () => this.#stop(),
    }
  }

  began(send: (message: RecordProtocol['to']) => void, about: CameraAbout): void {
    this.#send = send
    this.#about = about
    if (this.#job?.hasParts) this.#goOn(this.#job)
  }

  heard(message: RecordProtocol['from']): void {
    const job = this.#job
    if (!job || message.id !== job.id) return
    if (message.type === 'opened') {
      job.opened(message.startedAt, message.facts)
      this.#opening?.resolve()
      this.#show(job, 'running')
    } else if (message.type === 'progress') {
      job.progress(message.progress)
      this.#show(job, 'running')
    } else {
      job.progress(message.progress)
      void this.#ended(job, message.end)
    }
  }

  gone(): void {
    this.#send = undefined
    const job = this.#job
    if (!job?.isOpen) return
    if (this.#opening) {
      this.#opening.reject(this.#error('camera.failed', `${GONE} before the recording began: try again`))
      return
    }
    const closed = job.close(GONE, 'unheard')
    if (this.#stopping) {
      // It was to end anyway.
      closed.then(this.#stopping.resolve, this.#stopping.reject)
      this.#over(job, 'cut', GONE)
    } else {
      closed.catch((error: unknown) => this.#context.log.error({ error }, `${job.id} was not closed`))
      this.#context.log.warn(`${job.id}: ${WAITS}`)
      this.#show(job, 'waiting', WAITS)
    }
  }

  /** Goes on with another part; where the camera has gone again it waits for the next time. */
  #goOn(job: RecordJob): void {
    this.#beginPart(job).catch((error: unknown) => {
      if (this.#send) this.#over(job, 'cut', error instanceof Error ? error.message : String(error))
      else this.#show(job, 'waiting', WAITS)
    })
  }

  async #start(wish: Wish, { name }: Caller): Promise<MediaEntry> {
    const { id, gallery, state } = this.#context
    if (this.#job) throw this.#error('device.busy', 'it is being recorded already: stop that first')
    if (!this.#send) throw absent(state.value, 'record it')
    const job = new RecordJob(this.#context, wish, name)
    this.#job = job
    try {
      await gallery.requireRoom(id)
      await this.#beginPart(job)
    } catch (error) {
      this.#job = undefined
      throw error
    }
    if (job.endsAt !== undefined)
      this.#timer = setTimeout(() => void this.#stop().catch(() => {}), job.endsAt - monotonicMs())
    return job.entry
  }

  /** Begins a part; resolves when its first picture is on disk. */
  async #beginPart(job: RecordJob): Promise<void> {
    const { id, signal, state } = this.#context
    const about = this.#about
    if (!about) throw absent(state.value, 'record it')
    const wish = await job.nextPart(about)
    const opening = Promise.withResolvers<void>()
    this.#opening = opening
    const send = this.#send
    const frameMs = 1000 / (about.nominalFps || 1)
    const most = OPEN_MS + 2 * ((state.value.settings?.exposureMs ?? 0) + frameMs)
    try {
      if (!send) throw this.#error('camera.failed', `${GONE} before the recording began: try again`)
      send({ type: 'start', wish })
      await withStartDeadline(opening.promise, most, `waiting for the first picture of ${id}`, {
        device: id,
        signal,
      })
    } catch (error) {
      send?.({ type: 'stop', id: wish.id })
      await job.discard()
      throw error
    } finally {
      this.#opening = undefined
    }
  }

  async #stop(): Promise<MediaEntry> {
    const { id } = this.#context
    const job = this.#job
    if (!job) throw this.#error('input.invalid', 'it is not being recorded')
    clearTimeout(this.#timer)
    if (!job.isOpen || !this.#send) {
      this.#over(job, 'cut', "the camera's process ended, and was not back when the recording was stopped")
      return job.entry
    }
    this.#stopping ??= Promise.withResolvers()
    this.#send({ type: 'stop', id: job.id })
    return withDeadline(this.#stopping.promise, STOP_MS, `ending the recording of ${id}`, { device: id })
  }

  async #ended(job: RecordJob, end: RecordEnd): Promise<void> {
    const reason = this.#explain(job, end)
    // One that never began is no part: whoever asked for it hears why.
    if (this.#opening) {
      const code = end.why === 'full' ? 'storage.full' : 'camera.failed'
      this.#opening.reject(this.#error(code, reason ?? 'the recording ended before it began'))
      return
    }
    const entry = await job.close(reason)
    if (end.why === 'closed' && this.#context.state.value.inlet && !this.#stopping) {
      // Its process goes with whoever publishes, and comes with the next.
      this.#show(job, 'waiting', reason)
      return
    }
    if (end.why === 'changed' && !this.#stopping) {
      this.#show(job, 'waiting', reason)
      this.#goOn(job)
      return
    }
    this.#over(job, reason === undefined ? 'done' : 'cut', reason)
    this.#stopping?.resolve(entry)
    this.#stopping = undefined
  }

  /** Why it was cut, in words that say what there is and what to do; undefined when it was to end. */
  #explain(job: RecordJob, end: RecordEnd): string | undefined {
    const { id, gallery, state } = this.#context
    if (end.why === 'asked') return undefined
    if (end.why === 'closed' && state.value.inlet)
      return 'whoever published has gone, or sends another format: it goes on in another part when pictures come'
    if (end.why === 'closed') return 'the bridge, or this camera, was closed'
    if (end.why === 'changed') return "the video's format changed: it goes on in another part"
    const there = `${job.file} holds ${job.bytes} bytes, all of them good`
    if (end.why !== 'full') return `${id}: ${end.message}; ${there}`
    const kept = gallery.keepFreeBytes / 1e9
    return (
      `the disk is full (${end.message}): the recording was stopped, ${there}. Free some of the disk, delete from the ` +
      `gallery, or keep less than ${kept} GB free (recordings.keepFreeGB), then record again`
    )
  }

  #over(job: RecordJob, phase: 'done' | 'cut', reason?: string): void {
    clearTimeout(this.#timer)
    if (this.#job === job) this.#job = undefined
    if (reason !== undefined) this.#context.log.warn(`${job.id}: ${reason}`)
    this.#show(job, phase, reason)
  }

  #show(job: RecordJob, phase: RecordingState['phase'], reason?: string): void {
    this.#context.state.put({ recording: job.state(phase, reason) })
  }

  #error(
    code: 'device.busy' | 'camera.failed' | 'storage.full' | 'input.invalid',
    message: string,
  ): BenchError {
    const { id } = this.#context
    return new BenchError(code, `${id}: ${message}`, { device: id })
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    const job = this.#job
    if (!job) return
    const reason = 'the bridge, or this camera, was closed'
    if (job.isOpen) job.close(reason, 'unheard').catch(() => {})
    this.#over(job, 'cut', reason)
  }
}
