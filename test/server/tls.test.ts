import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { startBridge, writeBench } from '../support/bench-process.ts'

const cli = fileURLToPath(new URL('../../bridge/cli/main.ts', import.meta.url))

interface Answer {
  status: number | undefined
  headers: Record<string, string | string[] | undefined>
  body: string
}

function ask(url: string, ca: string, body?: object, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request(
      url,
      { ca, method: body ? 'POST' : 'GET', headers: { 'Content-Type': 'application/json', ...headers } },
      (answer) => {
        let text = ''
        answer.on('data', (part: Buffer) => (text += part.toString()))
        answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: text }))
      },
    )
    asking.on('error', reject)
    asking.end(body && JSON.stringify(body))
  })
}

it(
  'serves over TLS with the certificate that the command line made, and binds the session to it',
  { timeout: 60_000 },
  async () => {
    const file = await writeBench({
      server: {
        localRole: 'none',
        tls: { certificate: 'data/tls/server.pem', key: 'data/tls/server-key.pem' },
      },
    })
    await promisify(execFile)(process.execPath, [cli, 'tls', 'init', '--config', file])
    const ca = await readFile(join(dirname(file), 'data/tls/ca.pem'), 'utf8')
    await using bridge = await startBridge(file)
    const url = `https://localhost:${bridge.ready.port}`
    expect(bridge.ready.url).toMatch(/^https:/)
    const page = await ask(`${url}/`, ca)
    expect(page.status).toBe(200)
    expect(page.headers['strict-transport-security']).toContain('max-age=')
    expect(page.headers['content-security-policy']).toContain("default-src 'self'")
    await expect.poll(() => bridge.output.join('\n')).toContain('set-up?key=')
    const key = /set-up\?key=(\S+)/.exec(bridge.output.join('\n'))?.[1]
    const set = await ask(`${url}/api/set-up`, ca, { key, name: 'anna', password: 'correct horse battery' })
    const [cookie = ''] = (set.headers['set-cookie'] as string[] | undefined) ?? []
    expect(cookie).toMatch(/^__Host-lightbench-[0-9a-f]{16}=.*; HttpOnly; SameSite=Lax; .*Secure$/)
    const hello = `${url}/api/commands/session.hello`
    expect(JSON.parse((await ask(hello, ca, {}, { cookie: cookie.split(';')[0] ?? '' })).body)).toMatchObject(
      {
        ok: true,
        value: { name: 'anna', role: 'administrator' },
      },
    )
    expect(
      (await ask(hello, ca, {}, { cookie: cookie.replace('__Host-', '').split(';')[0] ?? '' })).status,
    ).toBe(401)
  },
)
