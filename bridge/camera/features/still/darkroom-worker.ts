import { open, rm } from 'node:fs/promises'
import { parentPort } from 'node:worker_threads'
import { i420Bytes, type Picture, toI420 } from '../../frame/frame.ts'
import type { DarkroomAnswer, DarkroomJob } from './darkroom-jobs.ts'
import { pngFile } from './png.ts'
import { rasterOf } from './raster.ts'
import { thumbnailOf } from './shrink.ts'
import { tiffFile } from './tiff.ts'

parentPort?.on('message', (job: DarkroomJob) => void answer(job))

async function answer(job: DarkroomJob): Promise<void> {
  let said: DarkroomAnswer
  try {
    said = { seq: job.seq, ...(await develop(job)) }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    said = { seq: job.seq, message, full: code === 'ENOSPC' || code === 'EDQUOT' }
  }
  parentPort?.postMessage(said)
}

async function develop({ frame, file, whole, small }: DarkroomJob): Promise<{
  bytes: number
  whole?: Picture | undefined
  small?: Picture | undefined
}> {
  const raster = file && rasterOf(frame)
  const chunks = !raster
    ? []
    : file.format === 'tiff'
      ? tiffFile(raster, file.text)
      : [pngFile(raster, file.text)]
  if (file) await writeWhole(file.into, chunks)
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  if (!whole && !small) return { bytes }
  const { width, height, madeAt } = frame
  const picture: Picture = { width, height, madeAt, i420: new Uint8Array(i420Bytes(width, height)).fill(128) }
  toI420(frame, picture.i420, false)
  return { bytes, whole: whole ? picture : undefined, small: small ? thumbnailOf(picture) : undefined }
}

async function writeWhole(path: string, chunks: Uint8Array[]): Promise<void> {
  try {
    const file = await open(path, 'w')
    try {
      for (const chunk of chunks) await file.writeFile(chunk)
      await file.datasync()
    } finally {
      await file.close()
    }
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
}
