import { expect, it } from 'vitest'
import type { CameraState } from '../../shared/camera/camera.ts'
import type { DeclaredValue } from '../../shared/instrument/declared.ts'
import type { InstrumentState } from '../../shared/instrument/instrument.ts'
import type { TurretState } from '../../shared/turret/turret.ts'
import { troublesOf } from '../../web/views/kiosk/health.ts'

const ready = { lifecycle: { phase: 'ready', since: 0 } } as const
const camera = (part: Partial<CameraState> = {}): CameraState => ({
  ...{ id: 'slide', kind: 'camera.sim', family: 'camera', title: 'Slide', ...ready, nominalFps: 30 },
  publication: { generation: 1, codec: 'h264', bornAt: 0 },
  rates: { captureFps: 29.9, encodeFps: 29.9, kbps: 900 },
  ...part,
})
const turret = (part: Partial<TurretState> = {}): TurretState => ({
  ...{ id: 'turret', kind: 'turret.grbl', family: 'turret', title: 'Turret', ...ready },
  ...part,
})
const instrument = (part: Partial<InstrumentState> = {}): InstrumentState => ({
  ...{ id: 'bath', kind: 'instrument.scpi', family: 'instrument', title: 'Bath', ...ready },
  ...part,
})
const still = { captureFps: 0, encodeFps: 0, kbps: 0 }
const inlet = { way: 'whip', at: '/whip/slide' } as const

it.each([
  ['shows live pictures', {}, []],
  ['has no frames', { rates: still }, ['bad No frames']],
  ['has nothing to watch', { publication: undefined }, ['bad No frames']],
  [
    'waits for a trigger',
    { rates: still, lastFrame: { reason: 'it waits for a software trigger' }, publication: undefined },
    [],
  ],
  ['waits for a trigger, and has just had one', { rates: still, settings: { trigger: 'software' } }, []],
  ['makes a picture every other second', { rates: still, nominalFps: 0.5 }, []],
  ['starts again', { restarting: 'another size', rates: still }, ['warn Starting again another size']],
  ['has no publisher', { inlet, publication: undefined }, ['warn No frames nobody is publishing']],
])('tells of a camera that %s', (_, part, troubles) => {
  expect(words(camera(part as Partial<CameraState>))).toEqual(troubles)
})

it.each([
  ['is well', {}, []],
  ['is in alarm', { alarm: { code: 1, message: 'hard limit' } }, ['bad Alarm hard limit']],
  ['has wrong settings', { problems: ['$32 is 0', '$22 is 0'] }, ['warn Settings $32 is 0; $22 is 0']],
])('tells of a turret that %s', (_, part, troubles) => {
  expect(words(turret(part))).toEqual(troubles)
})

const value = (part: Partial<DeclaredValue> = {}): DeclaredValue => ({ value: 1, at: 0, ...part })
const declared = (values: Record<string, DeclaredValue>): Partial<InstrumentState> => ({
  declared: {
    ...{ settings: {}, actions: {}, traces: {}, safe: false, skipped: 0, values },
    readings: { t: { label: 'Temperature' }, p: { label: 'Pressure' } } as never,
  },
})

it.each([
  ['reads well', declared({ t: value() }), []],
  ['is beyond a limit', declared({ t: value({ level: 'bad' }) }), ['bad Beyond limits Temperature']],
  ['is near a limit', declared({ t: value({ level: 'warn' }) }), ['warn Near limits Temperature']],
  [
    'has stale readings',
    declared({
      t: value({ stale: true }),
      p: value({ stale: true, value: undefined, note: 'not a number' }),
    }),
    ['warn Stale readings Temperature, Pressure'],
  ],
  ['has no value', declared({ p: { note: 'above range', at: 0 } }), ['warn No value Pressure']],
])('tells of an instrument that %s', (_, part, troubles) => {
  expect(words(instrument(part))).toEqual(troubles)
})

it('tells of powers that do not come, but for a reason that is told', () => {
  const power = { module: 1, channels: ['1'], unit: 'dBm' as const, ratePerS: 10, skipped: 0 }
  const stale = { stalePowers: true }
  expect(words(instrument({ power }), stale)).toEqual(['warn Stale readings powers'])
  expect(words(instrument({ power }))).toEqual([])
  expect(words(instrument({ power: { ...power, heldBy: 'a trace' } }), stale)).toEqual([])
})

it('says nothing of a device that is not open: its lifecycle tells of it', () => {
  const faulted = turret({ lifecycle: { phase: 'faulted', since: 0 }, alarm: { message: 'hard limit' } })
  expect(words(faulted)).toEqual([])
  expect(troublesOf(undefined)).toEqual([])
})

function words(...args: Parameters<typeof troublesOf>): string[] {
  return troublesOf(...args).map(({ tone, text, detail }) => [tone, text, detail].filter(Boolean).join(' '))
}
