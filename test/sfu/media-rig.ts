import { pino } from 'pino'
import { callerAs } from '../support/caller.ts'
import type { GalleryKeeper } from '../../bridge/device/gallery-keeper.ts'
import { gallery } from '../support/gallery.ts'
import { TestMemory } from '../support/device-memory.ts'
import { NotedGuard } from '../support/guard.ts'
import type { CameraState } from '../../shared/camera/camera.ts'
import type { BenchError } from '../../shared/wire/errors.ts'
import type { Caller, DriverContext, Handlers } from '../../bridge/device/device.ts'
import type { Publisher } from '../../bridge/device/publisher.ts'
import { Topic } from '../../bridge/core/topic.ts'
import { type Media, openMedia } from '../../bridge/sfu/media.ts'
import type { CameraStart } from '../../bridge/camera/frame/protocol.ts'

/** For cameras whose pictures the test does not look for. */
const anyGallery = await gallery()

export const log = pino({ level: process.env['LIGHTBENCH_LOG'] ?? 'silent' })

export function cameraTopic(id = 'cam'): Topic<CameraState> {
  const lifecycle = { phase: 'opening' as const, since: 0 }
  return new Topic(`camera/${id}`, { id, kind: 'camera.sim', family: 'camera', title: id, lifecycle })
}

/** The SFU for one camera, whose topic this is. */
export function openMediaFor(state: Topic<CameraState>): Promise<Media> {
  const cameraTopic = (id: string) => (id === state.value.id ? state : undefined)
  return openMedia({ host: '127.0.0.1', port: 0, workers: 1, log, cameraTopic })
}

/** A driver's context with this publisher and topic; faults are collected. */
export function cameraContext(
  publisher: Publisher,
  state: Topic<CameraState>,
  keeper: GalleryKeeper = anyGallery,
): DriverContext<'camera'> & { faults: BenchError[] } {
  const faults: BenchError[] = []
  return {
    id: state.value.id,
    signal: new AbortController().signal,
    log,
    state,
    faults,
    fault: (error) => faults.push(error),
    stream: () => {
      throw new Error('cameras have no sample streams')
    },
    guard: new NotedGuard(),
    memory: new TestMemory(),
    did: () => {},
    publisher,
    traces: {
      draft: () => {
        throw new Error('cameras take no traces')
      },
    },
    gallery: keeper,
  }
}

/** A small simulated camera. */
export function simStart(codec: 'h264' | 'vp8' = 'h264', width = 160, height = 120): CameraStart {
  return {
    source: { kind: 'sim', width, height, fps: 30, seed: 1 },
    codec,
    bitrateKbps: 500,
    settings: { timeCode: false },
  }
}

export function caller(signal: AbortSignal = new AbortController().signal): Caller {
  return callerAs({ role: 'viewer', signal })
}

/** The handler of a command. Throws when there is none. */
export function handler<K extends keyof Handlers>(handlers: Handlers, name: K): NonNullable<Handlers[K]> {
  const found = handlers[name]
  if (!found) throw new Error(`no handler for ${name}`)
  return found
}

/** What `probe` answers, once that is not undefined or false. Throws after `ms`. */
export async function until<T>(probe: () => T | undefined | false, ms = 5000): Promise<T> {
  const end = performance.now() + ms
  for (;;) {
    const value = probe()
    if (value !== undefined && value !== false) return value
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${probe.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Whether a process lives. */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
