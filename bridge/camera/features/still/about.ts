import type { CameraSettings } from '../../../../shared/camera/camera.ts'
import type { Frame } from '../../frame/frame.ts'

/** What the bridge knows of a picture before it is taken: it stands in the file. */
export interface TakenBy {
  bench: string
  camera: { id: string; title: string; kind: string }
  /** Who asked for it. */
  by: string
  /** A side of one pixel as seen at the object. */
  pixelSizeUm?: number | undefined
  note?: string | undefined
  tags?: readonly string[] | undefined
}

/** How one frame was made. Exposure in ms, gain in dB; the device's own clock as decimal digits, which JSON can hold. */
export function frameFacts(frame: Frame, settings: CameraSettings): Record<string, unknown> {
  const { timeCode: _, ...device } = settings
  // What the camera measured and what it stamped its frame with go before what it was told.
  const { width: _w, height: _h, data: _d, format, madeAt: _m, number, bitDepth, ...stamped } = frame
  const known = Object.entries({ ...device, ...stamped }).filter(([, value]) => value !== undefined)
  const plain = known.map(([key, value]) => [key, typeof value === 'bigint' ? String(value) : value] as const)
  return { ...Object.fromEntries(plain), pixelFormat: format, bitDepth, frame: number }
}

/** All that is known of a picture, as the text that its file carries: JSON, times as ISO 8601 in UTC. */
export function describe(
  by: TakenBy,
  madeAt: number,
  size: { width: number; height: number },
  facts: object,
): string {
  const { width, height } = size
  return JSON.stringify({
    software: 'Lightbench',
    bench: by.bench,
    camera: by.camera,
    takenAt: new Date(madeAt).toISOString(),
    takenAtMs: Math.round(madeAt * 1000) / 1000,
    takenBy: by.by,
    ...(by.note ? { note: by.note } : {}),
    ...(by.tags?.length ? { tags: by.tags } : {}),
    width,
    height,
    ...(by.pixelSizeUm === undefined ? {} : { pixelSizeUm: by.pixelSizeUm }),
    ...facts,
  })
}
