import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BenchError } from '../../../shared/wire/errors.ts'
import { kioskPath } from '../../../shared/views/views.ts'
import type { Route } from '../route.ts'

/** `GET /kiosk/<view>`: the page of a display. It signs in by itself, so anybody may have it, as they may have the page. */
export function kioskRoute(pageDir: string): Route {
  return {
    method: 'get',
    path: kioskPath(':view'),
    role: 'anybody',
    handle: async (context) => {
      const file = join(pageDir, 'kiosk.html')
      const found = await readFile(file, 'utf8').catch(() => undefined)
      if (found === undefined)
        throw new BenchError('internal', 'the page of displays has not been built: run npm run setup')
      // Its address has had a token in it.
      context.set('Cache-Control', 'no-store')
      context.type = 'html'
      // Its files lie a step above the address that it is shown at, wherever a proxy has put both.
      context.body = found.replaceAll('"./', '"../')
    },
  }
}
