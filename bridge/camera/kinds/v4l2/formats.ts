import { type Ioctl, listed } from './ioctl.ts'
import { askFormat, askInterval, readFormat, readRates, REQUEST } from './structs.ts'

const MOST = 64

/** FFmpeg's names for the formats that a camera sends, raw or coded */
const NAMES: Record<string, string> = {
  YUYV: 'yuyv422',
  UYVY: 'uyvy422',
  NV12: 'nv12',
  YU12: 'yuv420p',
  RGB3: 'rgb24',
  BGR3: 'bgr24',
  GREY: 'gray',
  'Y16 ': 'gray16le',
  MJPG: 'mjpeg',
  JPEG: 'mjpeg',
  H264: 'h264',
}

/** What FFmpeg calls a format that V4L2 names by four letters; undefined where it cannot be taken. */
export function inputFormat(fourcc: string): string | undefined {
  return NAMES[fourcc]
}

/** The formats that the camera sends and that can be taken, as V4L2's four letters, in the driver's order. */
export function listFormats(ioctl: Ioctl): string[] {
  const formats = listed(MOST, (index) => {
    const struct = askFormat(index)
    ioctl(REQUEST.enumFormats, struct)
    return readFormat(struct).fourcc
  })
  return formats.filter((fourcc) => inputFormat(fourcc) !== undefined)
}

/** Pictures a second that the camera makes in this format and size. */
export function listRates(ioctl: Ioctl, fourcc: string, width: number, height: number): number[] {
  return listed(MOST, (index) => {
    const struct = askInterval(fourcc, width, height, index)
    ioctl(REQUEST.enumIntervals, struct)
    return readRates(struct)
  }).flat()
}
