import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer, get } from 'node:https'
import type { AddressInfo } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { makeCertificates } from '../../bridge/cli/certificates.ts'
import { tlsActions } from '../../bridge/cli/tls.ts'
import { DAY } from './access-rig.ts'

/** Runs `lightbench tls init` for a bench of its own, or the one in `folder`. */
async function init(args: string[], folder = mkdtempSync(join(tmpdir(), 'lightbench-'))) {
  const config = join(folder, 'bench.yaml')
  writeFileSync(config, 'dataDir: kept\nserver: { host: 0.0.0.0 }\n')
  let printed = ''
  await tlsActions['init']!.run([...args, '--config', config], {
    print: (line) => void (printed += line),
    note: () => {},
    askSecret: () => Promise.reject(new Error('nothing is to be asked')),
  })
  const path = (name: string): string => join(folder, 'kept/tls', name)
  const read = (name: string): string => readFileSync(path(name), 'utf8')
  return { folder, printed, path, read }
}

it('makes a server that a browser with the authority talks to, by its names and addresses, and no other', async () => {
  const { read } = await init([])
  const server = createServer({ cert: read('server.pem'), key: read('server-key.pem') }, (_, response) =>
    response.end('bench'),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const ask = (options: object): Promise<string> =>
    new Promise((resolve, reject) => {
      const to = { host: '127.0.0.1', port, path: '/', agent: false, ...options }
      get(to, (response) => resolve(text(response))).on('error', reject)
    })
  try {
    const ca = read('ca.pem')
    await expect(ask({ ca })).resolves.toBe('bench')
    for (const servername of ['localhost', hostname(), `${hostname()}.local`]) {
      await expect(ask({ ca, servername, headers: { host: servername } })).resolves.toBe('bench')
    }
    await expect(ask({ ca, headers: { host: 'example.org' }, servername: 'example.org' })).rejects.toThrow(
      /does not match certificate's altnames/,
    )
    await expect(ask({})).rejects.toThrow(/certificate/)
    const other = await makeCertificates(['localhost'], 1)
    await expect(ask({ ca: other.ca })).rejects.toThrow(/certificate/)
  } finally {
    server.close()
  }
})

it('makes an authority that can vouch for servers only, and a certificate that cannot vouch', async () => {
  const { read } = await init(['--name', 'bench.lab.example', '--name', '192.0.2.77'])
  const ca = new X509Certificate(read('ca.pem'))
  const server = new X509Certificate(read('server.pem'))
  expect(ca.ca).toBe(true)
  expect(ca.verify(ca.publicKey)).toBe(true)
  expect(server.ca).toBe(false)
  expect(server.checkIssued(ca)).toBe(true)
  expect(server.verify(ca.publicKey)).toBe(true)
  expect(server.checkHost('bench.lab.example')).toBe('bench.lab.example')
  expect(server.checkIP('192.0.2.77')).toBe('192.0.2.77')
  expect(server.publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' })
  // Apple's systems want both, and no more than 825 days.
  expect(server.keyUsage).toContain('1.3.6.1.5.5.7.3.1')
  expect((server.validToDate.getTime() - server.validFromDate.getTime()) / DAY).toBeLessThanOrEqual(825)
})

it('keeps the server key to its owner and the authority key nowhere', async () => {
  const { path, read } = await init([])
  expect(statSync(path('server-key.pem')).mode & 0o777).toBe(0o600)
  expect(statSync(path('')).mode & 0o777).toBe(0o700)
  expect(read('server.pem') + read('ca.pem')).not.toContain('PRIVATE')
})

it('replaces nothing unless it is told to, and then closes the key whatever it was before', async () => {
  const { folder, path, read } = await init([])
  const before = read('ca.pem')
  await expect(init([], folder)).rejects.toMatchObject({
    code: 'input.invalid',
    message: expect.stringContaining('--force'),
  })
  expect(read('ca.pem')).toBe(before)
  chmodSync(path('server-key.pem'), 0o644)
  await init(['--force'], folder)
  expect(read('ca.pem')).not.toBe(before)
  expect(statSync(path('server-key.pem')).mode & 0o777).toBe(0o600)
})

it.each([
  [['--days', '821'], '1 to 820'],
  [['--days', 'soon'], '1 to 820'],
  [['--name', 'not a name'], 'expected a host name'],
  [['--name', 'https://bench'], 'expected a host name'],
  [['bench.lab'], 'one word too many'],
])('refuses %j', async (args, message) => {
  await expect(init(args)).rejects.toThrow(message)
})

it("prints what goes into bench.yaml, the authority's fingerprint, and what to do in each browser", async () => {
  const { printed, read } = await init(['--name', 'bench.lab.example'])
  expect(printed).toContain('certificate: "kept/tls/server.pem"')
  expect(printed).toContain('key: "kept/tls/server-key.pem"')
  expect(printed).toContain('names: ["bench.lab.example"]')
  expect(printed).toContain(new X509Certificate(read('ca.pem')).fingerprint256)
  for (const browser of ['Chrome, Edge', 'Firefox', 'Android', 'iPhone']) expect(printed).toContain(browser)
})
