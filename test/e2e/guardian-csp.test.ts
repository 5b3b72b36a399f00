import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, it, onTestFinished } from 'vitest'
import { TrustedProxies } from '../../bridge/core/trusted-proxies.ts'
import { createHttp } from '../../bridge/server/http.ts'
import { Door } from '../../bridge/server/origin.ts'
import { chromiumForFile } from './rig.ts'

const { open } = chromiumForFile()

async function listen(server: Server, host: string): Promise<number> {
  server.listen(0, host)
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** A port that takes stops from pages of any origin. */
function stopPort(host: string): Promise<number> {
  const server = createServer((request, response) => {
    response.setHeader('access-control-allow-origin', request.headers.origin ?? '')
    response.setHeader('access-control-allow-headers', 'content-type')
    response.writeHead(request.method === 'OPTIONS' ? 204 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ ok: true, value: { stopMs: 1, by: 'guardian' } }))
  })
  return listen(server, host)
}

/** A page of the bridge's, under the policy that it serves every page with. */
async function pagePort(host: string, guardianPort: number | undefined): Promise<number> {
  const pageDir = await mkdtemp(join(tmpdir(), 'lightbench-'))
  await writeFile(join(pageDir, 'index.html'), '<!doctype html><title>page</title>')
  const { server: http } = createHttp({
    pageDir,
    routes: [],
    door: new Door({ names: ['127.0.0.1', '::1'], origins: [] }),
    identify: () => undefined,
    proxies: new TrustedProxies([]),
    refusals: { count: () => {} },
    tls: undefined,
    guardianPort: () => guardianPort,
    log: pino({ level: 'silent' }),
  })
  return listen(http, host)
}

it.each(['127.0.0.1', '::1'])(
  'lets a page at %s stop at the guardian’s port, and talk to no other',
  async (host) => {
    const name = host.includes(':') ? `[${host}]` : host
    const guardian = await stopPort(host)
    const other = await stopPort(host)
    const page = await open(`http://${name}:${await pagePort(host, guardian)}/`)
    const post = (port: number): Promise<number> =>
      page.evaluate(
        (url) =>
          fetch(url, {
            method: 'POST',
            mode: 'cors',
            credentials: 'omit',
            headers: { 'content-type': 'application/json' },
            body: '{}',
          }).then(
            ({ status }) => status,
            () => 0,
          ),
        `http://${name}:${port}/api/estop`,
      )
    expect(await post(guardian)).toBe(200)
    expect(await post(other)).toBe(0)
  },
)

it('lets a page talk to its own origin alone where the guardian has no port of its own', async () => {
  const guardian = await stopPort('127.0.0.1')
  const page = await open(`http://127.0.0.1:${await pagePort('127.0.0.1', undefined)}/`)
  const reached = await page.evaluate(
    (url) =>
      fetch(url, { method: 'POST' }).then(
        () => true,
        () => false,
      ),
    `http://127.0.0.1:${guardian}/api/estop`,
  )
  expect(reached).toBe(false)
})
