import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { requireBounds, requireDuty } from '../../bridge/turret/grbl/bounds.ts'
import { config, type LaserConfig, laserConfigOf } from '../../bridge/turret/grbl/config.ts'
import { readMessage } from '../../bridge/turret/grbl/message.ts'
import { pulseLine } from '../../bridge/turret/grbl/pulse.ts'
import { alarmWords, errorWords } from '../../bridge/turret/grbl/words.ts'

const laserConfig = (laser: Record<string, unknown> = {}): LaserConfig =>
  laserConfigOf(
    config.parse({
      resource: 'TCPIP::127.0.0.1::5030::SOCKET',
      pan: { axis: 'X', min: -1, max: 1 },
      tilt: { axis: 'Y', min: -1, max: 1 },
      laser,
    }),
    'Grbl',
  )
const burst = { pulses: 1, pulseMs: 100, gapMs: 0, powerPercent: 50 }

describe('bounds', () => {
  it('refuses what is longer, more or stronger than bench.yaml allows, and names the key', () => {
    const bounds = laserConfig({ longestPulseMs: 200, mostPulses: 3, powerPercent: 40 })
    for (const [wanted, key] of [
      [{ pulseMs: 250 }, 'longestPulseMs'],
      [{ pulses: 4 }, 'mostPulses'],
      [{ powerPercent: 41 }, 'powerPercent'],
    ] as const) {
      expect(() => requireBounds({ ...burst, powerPercent: 40, ...wanted }, bounds)).toThrow(`laser.${key}`)
    }
    expect(() => requireBounds({ ...burst, pulseMs: 200, pulses: 3, powerPercent: 40 }, bounds)).not.toThrow()
  })

  it('refuses a pulse that the controller would make longer, and names its neighbours', () => {
    expect(() => requireBounds({ ...burst, pulseMs: 120 }, laserConfig())).toThrow('ask for 100 or 150 ms')
    expect(() => requireBounds({ ...burst, pulseMs: 10 }, laserConfig())).toThrow('ask for 50 ms')
    expect(() => requireBounds({ ...burst, pulseMs: 120 }, laserConfig({ dwellStepMs: 1 }))).not.toThrow()
  })

  it('holds the share of light in every window of 10 s', () => {
    const bounds = laserConfig({ dutyPercent: 10 })
    const past = [{ from: 0, to: 600 }]
    expect(() => requireDuty({ ...burst, pulses: 4 }, past, 1000, bounds)).not.toThrow()
    expect(() => requireDuty({ ...burst, pulses: 5 }, past, 1000, bounds)).toThrow('11 % of light in 10 s')
    expect(() => requireDuty({ ...burst, pulses: 10 }, past, 10_600, bounds)).not.toThrow()
    expect(() => requireDuty({ ...burst, pulses: 11 }, [], 0, bounds)).toThrow('fewer or shorter')
  })

  it('lets no sequence of bursts exceed it, whatever is asked for', () => {
    const bounds = laserConfig({ dutyPercent: 20, mostPulses: 10 })
    const asks = fc.array(
      fc.record({
        pulses: fc.integer({ min: 1, max: 10 }),
        steps: fc.integer({ min: 1, max: 10 }),
        gapMs: fc.integer({ min: 0, max: 500 }),
        pause: fc.integer({ min: 0, max: 8000 }),
      }),
      { maxLength: 20 },
    )
    fc.assert(
      fc.property(asks, (wishes) => {
        const lit: { from: number; to: number }[] = []
        let now = 0
        for (const { pulses, steps, gapMs, pause } of wishes) {
          now += pause
          const wanted = { pulses, pulseMs: steps * 50, gapMs, powerPercent: 1 }
          try {
            requireDuty(wanted, lit, now, bounds)
          } catch {
            continue
          }
          for (let i = 0; i < pulses; i++) {
            lit.push({ from: now, to: now + wanted.pulseMs })
            now += wanted.pulseMs + Math.ceil(gapMs / 50) * 50
          }
        }
        for (const { to } of lit) {
          const sum = lit.reduce(
            (all, light) => all + Math.max(0, Math.min(light.to, to) - Math.max(light.from, to - 10_000)),
            0,
          )
          expect(sum).toBeLessThanOrEqual(2000)
        }
      }),
    )
  })

  it('refuses a configuration whose longest pulse is shorter than a step', () => {
    expect(() => laserConfig({ longestPulseMs: 20, dwellStepMs: 50 })).toThrow('dwellStepMs')
  })
})

it('asks for half a step less than it means, so that the controller rounds up to it', () => {
  expect(pulseLine(500, 100, 50)).toBe('G1F100M3S500G4P0.075M30')
  expect(pulseLine(0.12345, 3, 1)).toBe('G1F100M3S0.123G4P0.0025M30')
  for (let steps = 1; steps <= 200; steps++) {
    const seconds = Number(/P([\d.]+)/.exec(pulseLine(1, steps * 50, 50))![1])
    expect(Math.ceil(Math.fround(Math.fround(seconds) * 20))).toBe(steps)
  }
})

describe('messages', () => {
  it('reads what Grbl says', () => {
    expect(readMessage('ok')).toEqual({ kind: 'ok' })
    expect(readMessage('error:20')).toEqual({ kind: 'error', number: 20 })
    expect(readMessage('ALARM:3')).toEqual({ kind: 'alarm', number: 3 })
    expect(readMessage("Grbl 1.1h ['$' for help]")).toEqual({ kind: 'welcome', version: '1.1h' })
    expect(readMessage('>G21:ok')).toMatchObject({ kind: 'line' })
    expect(
      readMessage('<Hold:0|WPos:1.000,-2.5,0.000|Bf:15,128|FS:500,8000|Pn:XZ|WCO:0,1,2|Ov:100,50,120|A:S>'),
    ).toEqual({
      kind: 'status',
      status: {
        state: 'Hold',
        substate: 0,
        position: [1, -2.5, 0],
        machine: false,
        offset: [0, 1, 2],
        feed: 500,
        speed: 8000,
        accessories: 'S',
        homed: undefined,
        pins: 'XZ',
        spindleOverride: 120,
      },
    })
  })

  it('has words for every number, known or not', () => {
    for (let number = 1; number <= 60; number++) {
      expect(errorWords(number)).toMatch(/^error \d+, .{8}/)
      expect(alarmWords(number).length).toBeGreaterThan(10)
    }
  })
})
