import { once } from 'node:events'
import { decodeFrameHeader, type FrameHeader } from '../../../../shared/camera/frame-header.ts'
import { FRAME_STEPS, type FrameRequest } from '../../../../shared/camera/frames.ts'
import { BenchError } from '../../../../shared/wire/errors.ts'
import type { PictureWatch } from '../../../../shared/watches/watch-what.ts'
import type { Device } from '../../../device/device.ts'
import type { PictureSeen } from '../../worker/jobs.ts'
import type { Lab } from '../../worker/lab.ts'
import type { CheckContext, Seen } from '../../scheduler/seen.ts'
import { shown } from '../reading/number.ts'

/** Finer than this is neither compared nor kept. */
const MOST_SIDE = 1024

export interface PictureTools {
  lab: Lab
  device: (id: string) => Device
  /** How large the camera's pictures are; undefined while it does not say. */
  size: (id: string) => { width: number; height: number } | undefined
  /** Once the pictures of earlier checks are on disk. */
  stored: () => Promise<void>
}

interface Memory {
  /** The check whose picture is compared with. */
  base?: number
  spot?: { x: number; y: number }
}

/** Looks at the next frame that the camera takes. Its pixels are looked at in the lab's thread. */
export async function checkPicture(
  { device, region, condition }: PictureWatch,
  tools: PictureTools,
  context: CheckContext,
): Promise<Seen> {
  context.comment('waiting for a frame')
  const size = region ?? tools.size(device)
  const longest = Math.max(size?.width ?? MOST_SIDE, size?.height ?? MOST_SIDE)
  const step = FRAME_STEPS.find((each) => longest / each <= MOST_SIDE) ?? 8
  const frame = await nextFrame(
    tools.device(device),
    device,
    { region: region ?? null, step },
    context.signal,
  )
  context.comment('measuring')
  const memory = (context.memory ?? {}) as Memory
  const base = memory.base === undefined ? undefined : context.pictureFile(memory.base)
  if (base !== undefined) await tools.stored()
  const seen = await tools.lab.run('picture', { ...frame, condition, base }, context.signal)
  const { width, height, png } = seen
  return {
    ...judge(condition, seen, memory, context.seq),
    snapshot: { kind: 'image', picture: png, width, height },
  }
}

function judge(condition: PictureWatch['condition'], seen: PictureSeen, memory: Memory, seq: number): Seen {
  const { mean, sharpness, spot, share } = seen
  if (condition.is === 'dark') {
    return {
      value: round(mean),
      alarm: mean < condition.below ? `its mean is ${shown(mean)}, below ${condition.below}` : undefined,
    }
  }
  if (condition.is === 'bright') {
    return {
      value: round(mean),
      alarm: mean > condition.above ? `its mean is ${shown(mean)}, above ${condition.above}` : undefined,
    }
  }
  if (condition.is === 'blurred') {
    const alarm =
      sharpness < condition.below
        ? `its sharpness is ${shown(sharpness)}, below ${condition.below}`
        : undefined
    return { value: round(sharpness), alarm }
  }
  if (condition.is === 'changed') {
    // There is none yet, or the part or the camera is another now: the next is compared with this one.
    if (share === undefined) return { value: 0, memory: { base: seq }, keep: true }
    const value = round(share)
    if (share < condition.share) return { value, memory }
    return { value, change: `${shown(share * 100)} % of the pixels differ`, memory: { base: seq } }
  }
  if (!spot) return { alarm: 'there is no spot', memory }
  const { x = memory.spot?.x ?? spot.x, y = memory.spot?.y ?? spot.y, by } = condition
  const moved = Math.hypot(spot.x - x, spot.y - y)
  const alarm =
    moved > by ? `the spot is at ${shown(spot.x)}, ${shown(spot.y)}: ${shown(moved)} px away` : undefined
  return { value: round(moved), unit: 'px', alarm, memory: { spot: { x, y } } }
}

function round(value: number): number {
  return Number(value.toPrecision(6))
}

async function nextFrame(
  camera: Device,
  id: string,
  part: Pick<FrameRequest, 'region' | 'step'>,
  signal: AbortSignal,
): Promise<{ header: FrameHeader; pixels: Uint8Array }> {
  if (!camera.frames)
    throw new BenchError('device.unsupported', `${id} gives no frames to measure on`, { device: id })
  const request: FrameRequest = { ...part, maxFps: null, compression: 'none', level: 1 }
  let close: (() => void) | undefined
  try {
    return await new Promise((resolve, reject) => {
      const sink = {
        send: (header: Uint8Array<ArrayBuffer>, pixels: Uint8Array<ArrayBuffer>) =>
          // Others get the same bytes: what goes to the thread is a copy.
          resolve({ header: decodeFrameHeader(header), pixels: Uint8Array.from(pixels) }),
        isStuck: () => false,
      }
      const subscription = camera.frames?.(request, 1, sink)
      close = () => subscription?.close()
      void once(signal, 'abort').then(() =>
        reject(new BenchError('aborted', `${id} has sent no frame`, { device: id })),
      )
    })
  } finally {
    close?.()
  }
}
