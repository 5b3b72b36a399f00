import { z } from 'zod'
import { command } from '../wire/command.ts'
import { deviceId } from '../wire/device.ts'

const KIND = 2
const HEADER_BYTES = 24

/** A JPEG picture on its way to a page that cannot have video. */
export interface PicturePacket {
  /** Rises by one a packet; the acknowledgement names it. */
  seq: number
  /** Pictures that this page was not sent because it had not acknowledged earlier ones, in all. */
  dropped: number
  /** When the picture was made, in ms since the epoch. */
  madeAt: number
  jpeg: Uint8Array<ArrayBuffer>
}

/** Layout, little-endian: u8 kind (2 picture), 3 bytes reserved, u32 seq, u32 dropped, u32 reserved, f64 madeAt, the file. */
export function encodePicture({ seq, dropped, madeAt, jpeg }: PicturePacket): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_BYTES + jpeg.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, KIND)
  view.setUint32(4, seq, true)
  view.setUint32(8, dropped, true)
  view.setFloat64(16, madeAt, true)
  bytes.set(jpeg, HEADER_BYTES)
  return bytes
}

/** The picture in `bytes`. Throws a RangeError that says what is wrong when the bytes are none. */
export function decodePicture(bytes: ArrayBuffer): PicturePacket {
  if (bytes.byteLength < HEADER_BYTES)
    throw new RangeError(`a packet of ${bytes.byteLength} bytes has no header`)
  const view = new DataView(bytes)
  if (view.getUint8(0) !== KIND) throw new RangeError(`packet kind ${view.getUint8(0)} is not a picture`)
  return {
    seq: view.getUint32(4, true),
    dropped: view.getUint32(8, true),
    madeAt: view.getFloat64(16, true),
    jpeg: new Uint8Array(bytes, HEADER_BYTES),
  }
}

/** The name under which a camera's pictures come. */
export function pictureStream(camera: string): string {
  return `pictures/${camera}`
}

export const pictureCommands = {
  'pictures.open': command({
    about:
      'Receive JPEG pictures as `stream` events, for a page that WebRTC does not reach; at most `window` unacknowledged.',
    role: 'viewer',
    only: 'socket',
    input: z.object({ camera: deviceId, window: z.int().min(1).max(8).default(2) }),
    output: z.object({ stream: z.string(), viewer: z.string() }),
  }),
  'pictures.close': command({
    about: 'Receive no more of them.',
    role: 'viewer',
    only: 'socket',
    input: z.object({ camera: deviceId }),
    output: z.object({}),
  }),
}
