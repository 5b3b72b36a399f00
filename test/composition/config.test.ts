import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type BenchConfig, loadConfig, type Overrides } from '../../bridge/bench/config.ts'
import { drivers } from '../../bridge/bench/drivers.ts'

async function load(yaml: string, overrides?: Overrides): Promise<BenchConfig> {
  const file = join(await mkdtemp(join(tmpdir(), 'lightbench-')), 'bench.yaml')
  await writeFile(file, yaml)
  return loadConfig(file, drivers, overrides)
}

/** The complaint without the folder it is about. */
async function complaint(yaml: string, overrides?: Overrides): Promise<string> {
  const message = await load(yaml, overrides).then(
    () => 'no complaint',
    (error: Error) => error.message,
  )
  return message.replaceAll(/\/\S*\/bench\.yaml/g, 'bench.yaml')
}

describe('a mistake is told with file, line, path and what was expected:', () => {
  it('an unknown key', async () => {
    expect(await complaint('title: A\nservre:\n  port: 1\n')).toMatch(
      /^bench\.yaml:3?2?: servre: unknown key/,
    )
  })
  it('an unknown key of a device', async () => {
    const yaml = 'devices:\n  cam:\n    driver: camera.sim\n    fsp: 30\n'
    expect(await complaint(yaml)).toMatch(/^bench\.yaml:4: devices\.cam\.fsp: unknown key/)
  })
  it('a wrong type', async () => {
    expect(await complaint('server:\n  port: high\n')).toBe(
      'bench.yaml:2: server.port: Invalid input: expected number, received string',
    )
  })
  it('a driver that does not exist', async () => {
    const yaml = 'devices:\n  cam:\n    driver: camera.none\n'
    expect(await complaint(yaml)).toMatch(
      /^bench\.yaml:3: devices\.cam\.driver: there is no driver "camera\.none"; expected one of camera\.sim/,
    )
  })
  it('something left out, at the line of what lacks it', async () => {
    const yaml = 'title: A\ndevices:\n  dut:\n    driver: instrument.exfo-ctp10\n'
    expect(await complaint(yaml)).toMatch(/^bench\.yaml:4: devices\.dut\.resource: /)
  })
  it('a resource name that is none', async () => {
    const yaml =
      'devices:\n  dut:\n    driver: instrument.exfo-ctp10\n    resource: TCPIP::host::99999::SOCKET\n'
    expect(await complaint(yaml)).toMatch(
      /^bench\.yaml:4: devices\.dut\.resource: expected a VISA resource name such as/,
    )
  })
  it('several at once', async () => {
    expect((await complaint('title: 5\nserver: { port: -1 }\n')).split('\n')).toHaveLength(2)
  })
  it('broken YAML', async () => {
    expect(await complaint('title: [\n')).toMatch(/^bench\.yaml:[12]: /)
  })
  it('a file that is not there', async () => {
    await expect(loadConfig('/nowhere/bench.yaml', drivers)).rejects.toThrow(
      '/nowhere/bench.yaml cannot be read',
    )
  })
})

it('takes an empty file as a bench without devices', async () => {
  expect(await load('')).toMatchObject({
    title: 'Bench',
    server: { host: '127.0.0.1', port: 8080, localRole: 'operator', trustedProxies: [] },
    devices: [],
  })
})

it('refuses any address but loopback without TLS, and says so', async () => {
  for (const host of ['0.0.0.0', '192.168.1.5', '::', 'lab.example', '127.0.0.1.example']) {
    expect(await complaint('', { host })).toMatch(new RegExp(`refusing to listen on ${host} without TLS`))
  }
  for (const host of ['127.0.0.1', '::1', 'localhost'])
    expect((await load('', { host })).server.host).toBe(host)
})

it('takes proxies by address or network, and behindProxy for one on this machine', async () => {
  const proxies = async (server: string): Promise<string[]> =>
    (await load(`server: { ${server} }`)).server.trustedProxies
  expect(await proxies('trustedProxies: [10.0.0.0/24, "::1"]')).toEqual(['10.0.0.0/24', '::1'])
  expect(await proxies('behindProxy: true')).toEqual(['127.0.0.0/8', '::1'])
  expect(await proxies('behindProxy: false')).toEqual([])
  const behind = await load('server: { trustedProxies: [10.0.0.7] }', { host: '0.0.0.0' })
  expect(behind.server.host).toBe('0.0.0.0')
  expect(await complaint('server: { trustedProxies: [10.0.0.7, lab, 10.0.0.0/40] }')).toMatch(
    /bench.yaml:1: server.trustedProxies.1: an address or a network.*\n.*trustedProxies.2/,
  )
})

it('reads the demo bench', async () => {
  const config = await loadConfig('bench.yaml', drivers, { port: 0 })
  expect(config.devices.length).toBeGreaterThanOrEqual(2)
})
