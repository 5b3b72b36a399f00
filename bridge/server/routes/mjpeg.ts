import { PassThrough } from 'node:stream'
import { BenchError } from '../../../shared/errors.ts'
import type { FindDevice } from '../call.ts'
import { parameter, type Route } from '../route.ts'

const BOUNDARY = 'lightbench-frame'

/** `GET /api/cameras/<id>/mjpeg`: for what cannot take WebRTC. A viewer that is slow gets fewer pictures, and the newest always. */
export function mjpegRoute(device: FindDevice): Route {
  return {
    method: 'get',
    path: '/api/cameras/:id/mjpeg',
    role: 'viewer',
    device: 'id',
    handle: (context) => {
      const id = parameter(context, 'id')
      const camera = device(id)
      if (!camera.jpegs) throw new BenchError('device.unsupported', `${id} is not a camera`, { device: id })
      const body = new PassThrough({ highWaterMark: 1 })
      let waiting: Uint8Array | undefined
      const send = (): void => {
        if (!waiting || body.readableLength > 0 || context.res.writableLength > 0) return
        const jpeg = waiting
        waiting = undefined
        body.write(`--${BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`)
        body.write(jpeg)
        body.write('\r\n', send)
      }
      const end = camera.jpegs((jpeg) => {
        waiting = jpeg
        send()
      })
      context.res.on('drain', send)
      context.res.once('close', () => {
        end()
        body.destroy()
      })
      context.type = `multipart/x-mixed-replace; boundary=${BOUNDARY}`
      context.set('Cache-Control', 'no-store')
      context.body = body
    },
  }
}
