import { describe, expect, it } from 'vitest'
import { config } from '../../bridge/turret/grbl/config.ts'
import { Continuity } from '../../bridge/turret/grbl/continuity.ts'
import { firmwareOf } from '../../bridge/turret/grbl/firmware.ts'
import { Hearing } from '../../bridge/turret/grbl/hearing.ts'
import { messagesIn } from '../../bridge/turret/grbl/message.ts'
import { safePlan } from '../../bridge/turret/grbl/safe-plan.ts'
import { emits, isDark, moves, readStatus } from '../../bridge/turret/grbl/status.ts'
import { alarmWords, errorWords, losesPosition } from '../../bridge/turret/grbl/words.ts'
import { safePlan as planSchema } from '../../bridge/core/safe-plan.ts'
import { wireOptions } from '../../bridge/transport/resource.ts'

const PLACE = 'MPos:-100.000,-50.000,0.000'

/** Reports, and whether each moves, emits, and proves that it does neither. The first of each firmware were recorded. */
const REPORTS: [report: string, is: { moves?: true; emits?: true; safe?: true }][] = [
  [`<Idle|${PLACE}|FS:0,0|WCO:0.000,0.000,0.000>`, { safe: true }],
  [`<Idle|${PLACE}|FS:0,0|Pn:PXYZRHS|Ov:100,100,100>`, { safe: true }],
  [`<Idle|${PLACE}|FS:0,500|Pn:PXYZRHS|Ov:100,100,100|A:S>`, { emits: true }],
  [`<Idle|${PLACE}|Bf:100,1023|FS:0,0|Ov:100,100,100|A:|H:0|TLR:0>`, { safe: true }],
  [`<Idle|${PLACE}|Bf:100,1023|FS:0,500>`, { emits: true }],
  [`<Hold:0|${PLACE}|Bf:100,1023|FS:0,500>`, { emits: true }],
  [`<Home|${PLACE}|Bf:100,1023|FS:0,0|WCO:0.000,0.000,0.000>`, { moves: true }],
  [`<Alarm|${PLACE}|Bf:100,1023|FS:0,0|Ov:100,100,100|A:|TLR:0>`, { safe: true }],
  [`<Alarm:9|${PLACE}|FS:0,0>`, { safe: true }],
  [`<Hold:0|${PLACE}|FS:0,0>`, { safe: true }],
  [`<Hold:1|${PLACE}|FS:240,0>`, { moves: true }],
  [`<Door:0|${PLACE}|FS:0,0|Pn:D>`, { safe: true }],
  [`<Door:1|${PLACE}|FS:0,0>`, { safe: true }],
  [`<Door:2|${PLACE}|FS:120,0>`, { moves: true }],
  [`<Door:3|${PLACE}|FS:0,0>`, { moves: true }],
  [`<Run|${PLACE}|FS:0,0>`, { moves: true }],
  [`<Jog|${PLACE}|FS:3600,0>`, { moves: true }],
  [`<Sleep|${PLACE}|FS:0,0>`, { safe: true }],
  [`<Idle|${PLACE}|FS:0,0,0>`, { safe: true }],
  [`<Idle|${PLACE}|FS:0.0,0.0|SD:12.5,/a.nc>`, { safe: true }],
  [`<Idle|${PLACE}|FS:0,0|A:C>`, { emits: true }],
  [`<Idle|${PLACE}|FS:0,0|A:SFM>`, { emits: true }],
  [`<Idle|${PLACE}|FS:0,0|A:FM>`, { safe: true }],
  [`<Idle|WPos:1.000,2.000,0.000|FS:0,0>`, { safe: true }],
  // What does not say what the laser does proves nothing of it.
  [`<Idle|${PLACE}|F:0>`, {}],
  [`<Idle|${PLACE}|Ov:100,100,100>`, {}],
]

describe('a report', () => {
  const [proof] = safePlan(
    config.parse({
      resource: 'TCPIP::127.0.0.1::5030::SOCKET',
      pan: { axis: 'X', min: -1, max: 1 },
      tilt: { axis: 'Y', min: -1, max: 1 },
    }),
    wireOptions.parse({}),
  ).proofs

  it.each(REPORTS)('says whether it moves and emits: %s', (report, is) => {
    const status = readStatus(report.slice(1, -1))!
    expect(moves(status)).toBe(is.moves ?? false)
    expect(emits(status)).toBe(is.emits ?? false)
    expect(isDark(status) && !moves(status)).toBe(is.safe ?? false)
  })

  it.each(REPORTS)('proves to a guardian that it is safe, or does not: %s', (report, is) => {
    expect(new RegExp(proof!.answer).test(report)).toBe(true)
    expect(new RegExp(proof!.safe).test(report)).toBe(is.safe ?? false)
    expect(new RegExp(proof!.safe).test(`${report}ok`)).toBe(is.safe ?? false)
  })

  it.each([
    '<Idle|MPos:-100.0',
    '<Idle|MPos:-10-50.000,0.000|FS:0,0>',
    '<Idle|FS:0,0>',
    '<|MPos:0,0,0|FS:0,0>',
    '<Idle|MPos:0,0,0|FS:0,x>',
  ])('that is torn is none: %s', (report) => {
    expect(messagesIn(report).every(({ kind }) => kind === 'line')).toBe(true)
  })

  it('is in a plan that the guardian can read', () => {
    expect(
      planSchema.safeParse({
        ...safePlan(
          config.parse({
            resource: 'ASRL/dev/ttyUSB0::INSTR',
            guard: 'standby',
            pan: { axis: 'X', min: -1, max: 1 },
            tilt: { axis: 'Y', min: -1, max: 1 },
          }),
          wireOptions.parse({ serial: { baudRate: 9600 } }),
        ),
      }),
    ).toMatchObject({ success: true, data: { guard: 'standby' } })
  })
})

describe('a line', () => {
  const kinds = (line: string): string[] => messagesIn(line).map(({ kind }) => kind)

  it.each<[string, string[]]>([
    ['okok', ['ok', 'ok']],
    ['ok', ['ok']],
    [`<Idle|${PLACE}|FS:0,0>ok`, ['status', 'ok']],
    [`ok<Idle|${PLACE}|FS:0,0>`, ['status', 'ok']],
    [`o<Idle|${PLACE}|FS:0,0>k`, ['status', 'ok']],
    ['[GC:G0 M5]ok', ['line', 'ok']],
    ['$131=100.000ok', ['line', 'ok']],
    ['error:20ok', ['error', 'ok']],
    ['okALARM:1', ['ok', 'alarm']],
    ['okerror:9', ['ok', 'error']],
    ['>G21:ok', ['line']],
    ["Grbl 1.1h ['$' for help]", ['welcome']],
    ["GrblHAL 1.1f ['$' or '$HELP' for help]", ['welcome']],
    ["\u0000\u00ffets Jun 8 2016Grbl 3.9 [FluidNC v3.9.1 (wifi) '$' for help]", ['welcome']],
    ['[VER:3.9 FluidNC v3.9.1:]', ['line']],
    ['$N0=', ['line']],
  ])('may hold several messages, or one behind noise: %s', (line, expected) => {
    expect(kinds(line)).toEqual(expected)
  })
})

it('knows the firmware by what it says of its build', () => {
  expect(firmwareOf(['[VER:1.1h.20190830:]', '[OPT:V,15,128]'])).toBe('Grbl')
  expect(firmwareOf(['[VER:1.1f.20260817:]', '[FIRMWARE:grblHAL]'])).toBe('grblHAL')
  expect(firmwareOf(['[VER:3.9 FluidNC v3.9.1 (esp32-wifi):]', '[OPT:MPHS]'])).toBe('FluidNC')
})

it('has each firmware’s own words for a number', () => {
  expect(alarmWords(10)).toContain('second switch')
  expect(alarmWords(10, 'grblHAL')).toContain('emergency stop')
  expect(alarmWords(10, 'FluidNC')).toContain('supply')
  expect(alarmWords(9, 'grblHAL')).toBe(alarmWords(9))
  expect(errorWords(40, 'grblHAL')).toContain('tool change')
  expect(errorWords(40)).toContain("not in Grbl 1.1's list")
  expect(errorWords(152, 'FluidNC')).toContain('configuration file')
  expect(losesPosition(2)).toBe(false)
  expect(losesPosition(17, 'grblHAL')).toBe(true)
  // What nobody here knows is trusted for nothing.
  expect(losesPosition(99)).toBe(true)
})

describe('positions', () => {
  const continuity = (): Continuity => new Continuity({ fastest: () => 120, step: () => 0.01 })
  const now = performance.now()

  it('that jump at rest are doubted once and believed the second time', () => {
    const watched = continuity()
    expect(watched.take({ pan: 60, tilt: 10 }, false, now)).toBe('follows')
    expect(watched.take({ pan: 60.01, tilt: 10 }, false, now)).toBe('follows')
    expect(watched.take({ pan: 0, tilt: 0 }, false, now)).toBe('doubtful')
    expect(watched.take({ pan: 0, tilt: 0 }, false, now)).toBe('jumped')
  })

  it('with a digit lost are passed over', () => {
    const watched = continuity()
    watched.take({ pan: 60, tilt: 10 }, false, now)
    expect(watched.take({ pan: 6, tilt: 10 }, false, now)).toBe('doubtful')
    expect(watched.take({ pan: 60, tilt: 10 }, false, now)).toBe('follows')
    expect(watched.take({ pan: 6, tilt: 10 }, false, now)).toBe('doubtful')
  })

  it('of a motion follow at the fastest that it turns, and jump beyond', () => {
    const watched = continuity()
    const ago = performance.now() - 100
    watched.take({ pan: 60, tilt: 10 }, true, ago)
    expect(watched.take({ pan: 48, tilt: 10 }, true, ago)).toBe('follows')
    expect(watched.take({ pan: 0, tilt: 10 }, true, ago)).toBe('doubtful')
  })
})

it('tells what was heard', () => {
  const hearing = new Hearing()
  expect(hearing.words).toBe('nothing')
  hearing.add('rst:0x1 (POWERON)\r\n')
  expect(hearing.words).toBe('19 bytes, the last of them "rst:0x1 (POWERON)"')
  expect(hearing.isNoise).toBe(false)
  hearing.add('\u00f0\u0080\u00fe'.repeat(20))
  expect(hearing.isNoise).toBe(true)
})
