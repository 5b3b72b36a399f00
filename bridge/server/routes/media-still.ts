import { BenchError } from '../../../shared/wire/errors.ts'
import { STILL_ENDINGS, type StillFormat } from '../../../shared/camera/still.ts'
import type { FindDevice } from '../call.ts'
import { parameter, type Route } from '../route.ts'

const TYPES: Record<StillFormat, string> = { tiff: 'image/tiff', png: 'image/png', jpeg: 'image/jpeg' }

/** `GET /api/cameras/<id>/still.jpg|png|tiff`: one still for whatever wants one. It is not kept. */
export function stillRoutes(device: FindDevice): Route[] {
  return Object.entries(STILL_ENDINGS).map(([ending, format]) => ({
    method: 'get',
    path: `/api/cameras/:id/still.${ending}`,
    role: 'viewer',
    device: 'id',
    handle: async (context, { name }) => {
      const id = parameter(context, 'id')
      const camera = device(id)
      if (!camera.still) throw new BenchError('device.unsupported', `${id} is not a camera`, { device: id })
      const file = await camera.still(format, name)
      context.status = 200
      context.type = TYPES[format]
      context.set('Cache-Control', 'no-store')
      context.length = (await file.stat()).size
      context.body = file.createReadStream()
    },
  }))
}
