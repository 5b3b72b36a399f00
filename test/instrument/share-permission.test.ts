import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { describe, expect, it, onTestFinished } from 'vitest'
import { loadConfig } from '../../bridge/bench/config.ts'
import { Control } from '../../bridge/control/control.ts'
import { interlockConfig } from '../../bridge/control/interlock/source.ts'
import { drivers } from '../../bridge/bench/drivers.ts'
import { callerAs } from '../support/caller.ts'
import { freshLatch, noGuards } from '../support/guard.ts'

function control(): Control {
  const over = new AbortController()
  const made = new Control({
    interlocks: { key: interlockConfig.parse({ key: true, title: 'Key' }) },
    needs: new Map([['laser', ['key']]]),
    guards: noGuards(),
    holderBeats: () => {},
    latch: freshLatch(),
    readings: { state: () => undefined, newestPower: () => undefined },
    devices: () => [],
    mayHold: () => true,
    log: pino({ level: 'silent' }),
    did: () => {},
    signal: over.signal,
  })
  onTestFinished(() => {
    over.abort()
    made[Symbol.dispose]()
  })
  made.start()
  return made
}

describe('a program that is no page may act', () => {
  it('while nobody holds the lease, or in spite of it when it is so configured', async () => {
    const bench = control()
    expect(bench.whyNotFor('dut')).toBeUndefined()
    await bench.lease.handlers['lease.take']?.({}, callerAs({ name: 'ada' }))
    expect(bench.whyNotFor('dut')).toMatchObject({
      code: 'lease.held',
      message: expect.stringMatching(/^ada holds/),
    })
    expect(bench.whyNotFor('dut', true)).toBeUndefined()
  })

  it('on no device whose interlock is open, however it is configured', async () => {
    const bench = control()
    expect(bench.whyNotFor('laser', true)).toMatchObject({ code: 'interlock.open' })
    await bench.handlers['interlock.set']?.({ interlock: 'key', closed: true }, callerAs())
    expect(bench.whyNotFor('laser', true)).toBeUndefined()
  })

  it('on nothing while the emergency stop is latched', async () => {
    const bench = control()
    await bench.handlers['estop.press']?.({}, callerAs({ name: 'ada' }))
    expect(bench.whyNotFor('dut', true)).toMatchObject({ code: 'estop.latched' })
  })
})

describe('bench.yaml', () => {
  const load = async (yaml: string): Promise<string> => {
    const file = join(await mkdtemp(join(tmpdir(), 'lightbench-')), 'bench.yaml')
    await writeFile(file, yaml)
    return loadConfig(file, drivers).then(
      ({ devices }) => JSON.stringify(devices.map(({ console, share }) => ({ console, share }))),
      (error: Error) => error.message.replaceAll(/\/\S*\/bench\.yaml/g, 'bench.yaml'),
    )
  }
  const instrument =
    'devices:\n  dut:\n    driver: instrument.exfo-ctp10\n    resource: TCPIP::h::1::SOCKET\n'

  it('shares nothing until it is told to, and then with this machine alone', async () => {
    expect(await load(instrument)).toBe('[{"console":true}]')
    expect(JSON.parse(await load(`${instrument}    share: { port: 5025 }\n    console: false\n`))).toEqual([
      { console: false, share: { port: 5025, clients: [], lockSeconds: 60, answerSeconds: 10 } },
    ])
  })

  it('is told where an address is none, and that a camera cannot be shared', async () => {
    const clients = 'share: { port: 1, clients: [{ name: x, address: lab.example.org }] }'
    expect(await load(`${instrument}    ${clients}\n`)).toMatch(
      /^bench\.yaml:5: devices\.dut\.share\.clients\.0\.address: expected an IP address/,
    )
    expect(await load('devices:\n  cam:\n    driver: camera.sim\n    share: { port: 1 }\n')).toMatch(
      /^bench\.yaml:4: devices\.cam\.share: only an instrument can be shared/,
    )
  })
})
