import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { setUp, signedIn } from '../support/people.ts'
import { Client } from '../support/socket.ts'

/** A CTP10 that hangs on a page's serial port, as far as opening one asks it. */
function answerTo(question: string): string | undefined {
  if (question === '*IDN?') return 'EXFO,CTP10,SN1,1.0'
  if (question === ':SYST:ERR?') return '0,"No error"'
  if (question.endsWith('?')) return '0'
  return undefined
}

/** Lends a port whose instrument answers; what it was asked is in `asked`. */
function lend(client: Client, port: string): string[] {
  const asked: string[] = []
  let line = ''
  client.socket.on('serial.write', (name, bytes, written) => {
    written()
    if (name !== port) return
    line += Buffer.from(bytes as Uint8Array).toString('latin1')
    const lines = line.split('\n')
    line = lines.pop() ?? ''
    for (const question of lines) {
      asked.push(question)
      for (const unit of question.split(';')) {
        const answer = answerTo(unit)
        if (answer !== undefined) client.socket.emit('serial.data', port, Buffer.from(`${answer}\r\n`))
      }
    }
  })
  return asked
}

const bench = {
  devices: {
    dut: {
      driver: 'instrument.exfo-ctp10',
      resource: 'WEBSERIAL::psu',
      wire: { serial: { baudRate: 115_200 } },
    },
  },
}

async function phase(client: Client): Promise<string> {
  const { snapshot } = await client.call('topic.read', { topic: 'instrument/dut' })
  return (snapshot['lifecycle'] as { phase: string }).phase
}

it(
  'speaks to an instrument on a port that a page lends, and faults it when the page is gone',
  { timeout: 60_000 },
  async () => {
    await using bridge = await startBridge(await writeBench(bench))
    const page = await Client.connect(bridge.ready.url)
    using other = await Client.connect(bridge.ready.url)
    await expect.poll(() => page.call('serial.list', {})).toEqual([{ name: 'psu' }])
    const asked = lend(page, 'psu')
    expect(await page.call('serial.offer', { port: 'psu' })).toEqual({
      baudRate: 115_200,
      dataBits: 8,
      parity: 'none',
      stopBits: 1,
      flowControl: 'none',
    })
    await expect.poll(() => phase(other), { timeout: 10_000 }).toBe('ready')
    expect(asked).toContain('*IDN?')
    expect(await other.call('serial.list', {})).toEqual([{ name: 'psu', offeredBy: 'local' }])
    await expect(other.call('serial.offer', { port: 'psu' })).rejects.toMatchObject({ code: 'device.busy' })
    page[Symbol.dispose]()
    await expect.poll(() => phase(other), { timeout: 10_000 }).toBe('faulted')
    expect(await other.call('serial.list', {})).toEqual([{ name: 'psu' }])
  },
)

it(
  'takes bytes of a port only from the page that lends it, and gives it back when asked',
  { timeout: 60_000 },
  async () => {
    await using bridge = await startBridge(await writeBench(bench))
    using page = await Client.connect(bridge.ready.url)
    using other = await Client.connect(bridge.ready.url)
    await expect(page.call('serial.offer', { port: 'none' })).rejects.toMatchObject({
      code: 'device.unknown',
    })
    await expect.poll(() => page.call('serial.list', {})).toHaveLength(1)
    lend(page, 'psu')
    await page.call('serial.offer', { port: 'psu' })
    await expect.poll(() => phase(page), { timeout: 10_000 }).toBe('ready')
    const flood = setInterval(() => other.socket.emit('serial.data', 'psu', Buffer.from('garbage\n')), 5)
    await sleep(1000)
    clearInterval(flood)
    expect(await phase(page)).toBe('ready')
    await page.call('serial.withdraw', { port: 'psu', why: 'it is needed elsewhere' })
    await expect
      .poll(async () => (await page.call('topic.read', { topic: 'instrument/dut' })).snapshot['lifecycle'])
      .toMatchObject({ phase: 'faulted', reason: expect.stringContaining('it is needed elsewhere') })
  },
)

it('takes a port back from a page whose caller may lend none any more', { timeout: 60_000 }, async () => {
  await using bridge = await startBridge(await writeBench({ ...bench, server: { localRole: 'none' } }))
  const { url } = bridge.ready
  const admin = await setUp(url, bridge.output)
  using page = await Client.connect(url, await signedIn(url, admin, 'anna', 'operator'))
  using other = await Client.connect(url, admin)
  lend(page, 'psu')
  await expect.poll(() => other.call('serial.list', {})).toEqual([{ name: 'psu' }])
  await page.call('serial.offer', { port: 'psu' })
  expect(await other.call('serial.list', {})).toEqual([{ name: 'psu', offeredBy: 'anna' }])
  await other.call('user.role', { name: 'anna', role: 'viewer' })
  await expect.poll(() => other.call('serial.list', {}), { timeout: 10_000 }).toEqual([{ name: 'psu' }])
})
