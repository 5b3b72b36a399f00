import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { BenchError } from '../../../shared/errors.ts'
import { kioskPath } from '../../../shared/views.ts'
import type { Route } from '../route.ts'

/** `GET /kiosk/<view>`: the page of a display. It signs in by itself, so anybody may have it, as they may have the page. */
export function kioskRoute(pageDir: string): Route {
  return {
    method: 'get',
    path: kioskPath(':view'),
    role: 'anybody',
    handle: async (context) => {
      const file = join(pageDir, 'kiosk.html')
      const found = await stat(file).catch(() => undefined)
      if (!found)
        throw new BenchError('internal', 'the page of displays has not been built: run npm run setup')
      // Its address has had a token in it.
      context.set('Cache-Control', 'no-store')
      context.type = 'html'
      context.length = found.size
      context.body = createReadStream(file)
    },
  }
}
