import { decodePicture, pictureStream } from '../../../shared/camera/pictures.ts'
import { call } from '../../link/call.ts'
import { socket } from '../../link/socket.ts'

const DEADLINE_MS = 4000
const WINDOW = 2

/** JPEG pictures of a camera over the page's own socket: slower than video, and through every firewall that lets the page through. */
export interface PictureReception {
  viewer: string
  close(): void
}

/** Who watches: the canvas that the pictures are drawn into, and what hears of each that was drawn (made at, ms since the epoch). */
interface PictureRequest {
  camera: string
  canvas: HTMLCanvasElement
  onPicture: (madeAt: number) => void
  onFailure: (error: unknown) => void
}

/** Resolves when pictures have been asked for. Rejects with the bridge's reason. */
export async function receivePictures(request: PictureRequest): Promise<PictureReception> {
  const { camera, canvas, onPicture, onFailure } = request
  const stream = pictureStream(camera)
  const context = canvas.getContext('2d')
  const take = (name: string, bytes: ArrayBuffer | Uint8Array): void => {
    if (name !== stream || !(bytes instanceof ArrayBuffer)) return
    const { seq, madeAt, jpeg } = decodePicture(bytes)
    createImageBitmap(new Blob([jpeg], { type: 'image/jpeg' }))
      .then((bitmap) => {
        canvas.width = bitmap.width
        canvas.height = bitmap.height
        context?.drawImage(bitmap, 0, 0)
        bitmap.close()
        onPicture(madeAt)
      }, onFailure)
      .finally(() => socket.emit('stream.ack', { stream, seq }))
  }
  socket.on('stream', take)
  const close = (): void => {
    socket.off('stream', take)
    if (socket.connected) void call('pictures.close', { camera }).catch(() => undefined)
  }
  try {
    const { viewer } = await call('pictures.open', { camera, window: WINDOW }, { deadlineMs: DEADLINE_MS })
    return { viewer, close }
  } catch (error) {
    close()
    throw error
  }
}
