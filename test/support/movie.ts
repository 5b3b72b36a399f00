import { VideoFile } from '../../bridge/camera/kinds/file/video-file.ts'

/** What a player finds in a file of video: every picture decoded, and when each is shown, ms from the beginning. */
export async function play(
  path: string,
): Promise<{ width: number; height: number; timesMs: number[]; lastMs: number }> {
  const { signal } = new AbortController()
  const file = await VideoFile.open(path, false, signal)
  try {
    const timesMs: number[] = []
    for (;;) {
      const next = await file.next(signal)
      if (!next) break
      timesMs.push(next.timeMs)
    }
    return { width: file.width, height: file.height, timesMs, lastMs: timesMs.at(-1) ?? 0 }
  } finally {
    await file[Symbol.asyncDispose]()
  }
}

/** The names and sizes of the boxes that a file of ISO media is made of; one that is not whole is left out. */
export function boxesOf(file: Buffer): { type: string; bytes: number }[] {
  const boxes: { type: string; bytes: number }[] = []
  for (let at = 0; at + 8 <= file.length;) {
    const short = file.readUInt32BE(at)
    const bytes = short === 1 ? Number(file.readBigUInt64BE(at + 8)) : short
    if (bytes < 8 || at + bytes > file.length) break
    boxes.push({ type: file.toString('latin1', at + 4, at + 8), bytes })
    at += bytes
  }
  return boxes
}
