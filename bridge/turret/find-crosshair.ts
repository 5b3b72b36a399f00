import type { Pixel } from '../../shared/sight.ts'
import { monotonicMs } from '../core/clock.ts'
import type { Caller } from '../core/device.ts'
import { type SightContext, sightOf } from './context.ts'

const DARK_FRAMES = 3
/** A pulse begins and ends somewhere in a frame of so many ms, and fires a little later than it is asked to. */
const FRAME_MS = 30
const FRAMES_MORE = 3

/** Fires one weak pulse; resolves with where light was added, px. Rejects with `camera.failed`, or as firing does. */
export async function findCrosshair(
  context: SightContext,
  { powerPercent, pulseMs }: { powerPercent: number; pulseMs: number },
  caller: Caller,
): Promise<Pixel> {
  const sight = sightOf(context)
  // What moves is bright in a place but once: on an average little of it is left.
  await sight.keep('dark', monotonicMs(), DARK_FRAMES)
  const lit = sight.keep(
    'lit',
    monotonicMs(),
    Math.max(DARK_FRAMES, Math.ceil(pulseMs / FRAME_MS) + FRAMES_MORE),
  )
  lit.catch(() => {})
  const pulse = { pulses: 1, pulseMs, gapMs: 0, powerPercent, mock: false }
  await context.call('laser.fire', { device: context.id, ...pulse }, caller)
  await lit
  const { x, y } = await sight.spot('dark', 'lit')
  return { x: Math.round(x * 10) / 10, y: Math.round(y * 10) / 10 }
}
