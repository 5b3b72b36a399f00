import { stat } from 'node:fs/promises'
import { BenchError } from '../../../shared/wire/errors.ts'
import { watchId } from '../../../shared/watches/watch.ts'
import { passingPicturePath, watchPicturePath } from '../../../shared/watches/watch-history.ts'
import { parameter, type Route } from '../../server/route.ts'
import { sendFile } from '../../server/routes/send-file.ts'
import type { PassingPictures } from './passing.ts'

interface Pictures {
  pictureFile: (id: string, seq: number) => string
  passing: PassingPictures
}

/** The pictures of watches over plain HTTP. */
export function watchRoutes({ pictureFile, passing }: Pictures): Route[] {
  return [
    {
      method: 'get',
      path: passingPicturePath(':name'),
      role: 'operator',
      handle: (context, caller) => {
        const png = passing.get(parameter(context, 'name'), caller)
        if (!png) throw new BenchError('watch.unknown', 'this picture is gone: try again')
        context.set('Cache-Control', 'private, no-store')
        context.type = 'image/png'
        context.body = Buffer.from(png)
      },
    },
    {
      method: 'get',
      path: watchPicturePath(':id', ':seq'),
      role: 'viewer',
      handle: async (context) => {
        const id = parameter(context, 'id')
        const seq = Number(parameter(context, 'seq'))
        const path = watchId.safeParse(id).success && Number.isInteger(seq) ? pictureFile(id, seq) : undefined
        if (path === undefined || !(await stat(path).catch(() => undefined))) {
          throw new BenchError('watch.unknown', `there is no picture ${seq} of a watch "${id.slice(0, 40)}"`)
        }
        await sendFile(context, path)
        if (context.status === 200 || context.status === 206) context.type = 'image/png'
      },
    },
  ]
}
