import { Readable } from 'node:stream'
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
      let waiting: Uint8Array | undefined
      let isWanted = false
      const body = new Readable({
        highWaterMark: 1,
        read: () => {
          isWanted = true
          give()
        },
      })
      const give = (): void => {
        if (!waiting || !isWanted || context.res.writableNeedDrain) return
        const head = `--${BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: ${waiting.length}\r\n\r\n`
        const part = Buffer.concat([Buffer.from(head), waiting, Buffer.from('\r\n')])
        waiting = undefined
        isWanted = false
        body.push(part)
      }
      const end = camera.jpegs((jpeg) => {
        waiting = jpeg
        give()
      })
      context.res.on('drain', give)
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
