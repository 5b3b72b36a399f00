import { Readable } from 'node:stream'
import { BenchError } from '../../../shared/wire/errors.ts'
import { personOf } from '../../core/owner.ts'
import type { FindDevice } from '../call.ts'
import { parameter, type Route } from '../route.ts'

const BOUNDARY = 'lightbench-frame'
/** Of one person or token, and in all: each is sent every picture whole. */
const MOST_OF_ONE = 8
const MOST = 64

/** `GET /api/cameras/<id>/mjpeg`: for what cannot take WebRTC. A viewer that is slow gets fewer pictures, and the newest always. */
export function mjpegRoute(device: FindDevice): Route {
  const viewers = new Viewers()
  return {
    method: 'get',
    path: '/api/cameras/:id/mjpeg',
    role: 'viewer',
    device: 'id',
    handle: (context, caller) => {
      const id = parameter(context, 'id')
      const camera = device(id)
      if (!camera.jpegs) throw new BenchError('device.unsupported', `${id} is not a camera`, { device: id })
      // Whoever has left meanwhile is told nothing more, and would leave no second time.
      if (!context.writable) return
      context.res.once('close', viewers.enter(personOf(caller)))
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

/** How many watch by MJPEG, and how many of them are one person's. */
class Viewers {
  readonly #byPerson = new Map<string, number>()
  #all = 0

  /** Takes a place; the answer gives it back. Throws `calls.exceeded` when there is none. */
  enter(person: string): () => void {
    const own = this.#byPerson.get(person) ?? 0
    if (own >= MOST_OF_ONE) {
      throw new BenchError('calls.exceeded', `you watch by MJPEG ${MOST_OF_ONE} times already: close one`)
    }
    if (this.#all >= MOST) {
      throw new BenchError('calls.exceeded', `${MOST} watch by MJPEG already: watch on a page of the bench`)
    }
    this.#all += 1
    this.#byPerson.set(person, own + 1)
    return () => {
      this.#all -= 1
      const left = (this.#byPerson.get(person) ?? 1) - 1
      if (left > 0) this.#byPerson.set(person, left)
      else this.#byPerson.delete(person)
    }
  }
}
