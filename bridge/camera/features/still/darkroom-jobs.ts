import type { StillFormat } from '../../../../shared/camera/still.ts'
import type { Frame, Picture } from '../../frame/frame.ts'
import type { PageText } from './tiff.ts'

/** What the thread is to do with a frame. */
export interface DarkroomJob {
  seq: number
  frame: Frame
  /** Write it there, unless it is a JPEG: FFmpeg makes those, outside of the thread. */
  file?: { into: string; format: Exclude<StillFormat, 'jpeg'>; text: PageText } | undefined
  /** Whether the picture is wanted at its full size, and as small as a gallery shows it. */
  whole: boolean
  small: boolean
}

export type DarkroomAnswer =
  | { seq: number; bytes: number; whole?: Picture | undefined; small?: Picture | undefined }
  | { seq: number; message: string; full: boolean }
