import { rmSync } from 'node:fs'
import { Addresses } from './addresses.ts'
import { Chromium } from './browser/chromium.ts'
import { makeProfileFolder } from './browser/profile-folder.ts'
import type { HostStart, HostWork } from './browser/protocol.ts'
import { Proxy } from './browser/proxy.ts'
import { serve } from './browser/serve.ts'

serve<HostStart, HostWork>(async (start) => {
  // What Playwright and the browser put aside is gone with the folder.
  const folder = makeProfileFolder(start.folder)
  process.env['TMPDIR'] = folder.path
  const proxy = await Proxy.open(new Addresses(start.pages.allow))
  const chromium = new Chromium(start, proxy.url, folder)
  return {
    work: {
      lend: () => chromium.lend(),
      takeBack: ({ loan, failed }) => chromium.takeBack(loan, failed),
    },
    async end() {
      await chromium[Symbol.asyncDispose]()
      await proxy[Symbol.asyncDispose]()
      rmSync(folder.path, { recursive: true, force: true })
    },
  }
})
