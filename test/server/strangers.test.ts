import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { startBridge, startCtp10, writeBench } from '../support/bench-process.ts'
import { ask, type Headers, post, setUp, signIn, signedIn } from '../support/people.ts'
import { Client } from '../support/socket.ts'

const WRONG = { name: 'ada', password: 'not the password' }

/** Asks for what nobody and no viewer may, over a few connections. */
async function refused(times: number, url: string, headers: Headers = {}): Promise<void> {
  for (let i = 0; i < times; i += 30)
    await Promise.all(Array.from({ length: 30 }, () => post(url, '/api/commands/camera.set', {}, headers)))
}

it('counts what strangers try, one line an address, and lets in who has signed in there before', async () => {
  const file = await writeBench({ server: { localRole: 'none' } })
  const first = await startBridge(file)
  const { url } = first.ready
  const admin = await setUp(url, first.output)
  const ada = await signedIn(url, admin, 'ada', 'viewer')
  await refused(300, url)
  expect((await post(url, '/api/sign-in', WRONG)).status).toBe(401)
  await expect(Client.connect(url)).rejects.toMatchObject({ code: 'session.required' })
  await refused(210, url, ada)
  await first.end()
  await using second = await startBridge(file)
  const again = await signIn(second.ready.url, 'root-admin')
  const lines = await ask(second.ready.url, again, 'audit.read', { limit: 1000, outcome: 'refused' })
  expect(lines.filter(({ who }) => who === 'nobody')).toMatchObject([
    {
      ...{ address: '127.0.0.1', action: 'calls.counted', outcome: 'session.required' },
      input: JSON.stringify({
        count: 302,
        tried: { 'camera.set': 300, 'sign-in as ada': 1, 'a page’s connection': 1 },
      }),
    },
  ])
  expect(lines.filter(({ who, action }) => who === 'ada' && action === 'camera.set')).toHaveLength(200)
  expect(lines.find(({ who, action }) => who === 'ada' && action === 'calls.counted')?.input).toBe(
    '{"count":10,"tried":{"camera.set":10}}',
  )
})

it('goes on after upgrade requests for what is no address, with exfo-ctp10-api’s sockets at the root', async () => {
  await using instrument = await startCtp10()
  await using bridge = await startBridge(
    await writeBench({
      compat: 'exfo-ctp10-api',
      devices: { dut: { driver: 'instrument.exfo-ctp10', resource: instrument.ready.resource } },
    }),
  )
  const { url, port } = bridge.ready
  const targets = ['//', '///', '//ws/power', 'http://', '*', '/ws/power?interval=x']
  const upgrade = (target: string): Promise<unknown> => {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    socket.write(
      `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    )
    return new Promise((resolve) => socket.resume().once('close', resolve))
  }
  await Promise.all(targets.map(upgrade))
  const hello = async (noted: string): Promise<number> =>
    (await post(url, '/api/commands/session.hello', {}, { 'x-forwarded-for': noted })).status
  // Whoever sits at this machine is known, but not whom a proxy on it stands for.
  expect([await hello('127.0.0.1'), await hello('192.0.2.1'), await hello('192.0.2.1, 127.0.0.1')]).toEqual([
    200, 401, 401,
  ])
  expect(bridge.running).toBe(true)
})
