import { expect, it } from 'vitest'
import type { LaserState, TurretState } from '../../shared/turret/turret.ts'
import { autoFireRules } from '../../shared/turret/tracking.ts'
import { burstMs, burstOf, firstDraft, problemsOf } from '../../web/turret/laser/burst-draft.ts'
import { patternProgress, patternWords } from '../../web/turret/patterns/pattern-words.ts'
import { lightPhase, missingForLight, obstacle } from '../../web/turret/laser/reasons.ts'
import { crosshairWords } from '../../web/turret/words.ts'
import { whyAskFirst } from '../../shared/turret/sight.ts'
import { detectorsOf, draftOf } from '../../web/turret/aiming/seeing-draft.ts'

const bounds = { longestPulseMs: 500, mostPulses: 20, dutyPercent: 20, powerPercent: 80, stepMs: 50 }
const laser = (part: Partial<LaserState> = {}): LaserState => ({
  ...{
    enabled: true,
    emitting: false,
    unordered: false,
    mock: false,
    ready: true,
    missing: [],
    fireCount: 0,
    bounds,
  },
  ...part,
})
const turret = (part: Partial<TurretState> = {}): TurretState => ({
  ...{ id: 'turret', kind: 'turret.grbl', family: 'turret', title: 'Turret' },
  lifecycle: { phase: 'ready', since: 0 },
  ...{ activity: 'rest', homed: true, motors: true, laser: laser() },
  ...part,
})

it('says first that nothing is known, then what ails the device', () => {
  expect(obstacle(turret(), true, 'ready')).toBe('The turret is not known just now')
  expect(obstacle(undefined, false, 'ready')).toBe('The turret is not known just now')
  const gone = turret({ lifecycle: { phase: 'faulted', since: 0, reason: 'the line is dead' } })
  expect(obstacle(gone, false, 'place')).toBe('the line is dead')
  expect(obstacle(turret(), false, 'place')).toBeUndefined()
})

it.each<[Partial<TurretState>, string]>([
  [{ motors: false }, 'The motors are without current'],
  [{ homed: false, alarm: { message: 'locked' } }, 'Home it first'],
  [{ alarm: { message: 'locked' } }, 'Locked by an alarm'],
  [{ activity: 'homing' }, 'It is homing'],
  [{ laser: laser({ emitting: true }) }, 'The laser is firing'],
])('lets nobody move it: %o', (part, why) => {
  expect(obstacle(turret(part), false, 'place')).toBe(why)
})

it('lets it be homed though it does not know where it is', () => {
  expect(obstacle(turret({ homed: false, alarm: { message: 'locked' } }), false, 'idle')).toBeUndefined()
})

it('points by pixels only with a camera and a calibration', () => {
  const sight = (state: 'none' | 'running' | 'valid' | 'lapsed') =>
    turret({ sight: { camera: 'eye', mount: 'turret', calibration: { state } } })
  expect(obstacle(turret(), false, 'calibration')).toMatch(/No camera/)
  expect(obstacle(sight('none'), false, 'calibration')).toBe('Calibrate first')
  expect(obstacle(sight('lapsed'), false, 'calibration')).toBe('Calibrate first')
  expect(obstacle(sight('running'), false, 'calibration')).toBe('It is being calibrated')
  expect(obstacle(sight('valid'), false, 'calibration')).toBeUndefined()
  expect(obstacle(sight('valid'), false, 'tracking')).toBe('No target is tracked')
})

it('names everything that keeps light in, what keeps this page from asking first', () => {
  const dark = turret({
    laser: laser({
      enabled: false,
      ready: false,
      missing: ['the laser is not enabled', 'it is cooling down'],
    }),
  })
  expect(missingForLight(dark, false, 'Take control first')).toEqual([
    'Take control first',
    'The laser is not enabled',
    'It is cooling down',
  ])
  expect(missingForLight(turret(), false, undefined)).toEqual([])
  expect(missingForLight(turret(), true, undefined)).toEqual(['The turret is not known just now'])
})

it.each<[Partial<LaserState>, string]>([
  [{ emitting: true, ready: false }, 'lit'],
  [{ unordered: true, enabled: false, ready: false }, 'unordered'],
  [{ mock: true, ready: false }, 'rehearsal'],
  [{}, 'ready'],
  [{ ready: false, missing: ['it is cooling down'] }, 'blocked'],
  [{ enabled: false, ready: false, missing: ['the laser is not enabled'] }, 'disabled'],
])('shows at a glance: %o is %s', (part, phase) => {
  expect(lightPhase(turret({ laser: laser(part) }), false)).toBe(phase)
})

it('says that light may come by itself, armed and enabled, though the turret moves just now', () => {
  const armed = (mock: boolean, part: Partial<LaserState> = {}): TurretState =>
    turret({
      laser: laser({ ready: false, missing: ['the turret is moving'], ...part }),
      autoFire: { armed: true, rules: autoFireRules.parse({ mock, burst: { powerPercent: 5 } }) },
    })
  expect(lightPhase(armed(false), false)).toBe('armed')
  expect(lightPhase(armed(true), false)).toBe('blocked')
  expect(lightPhase(armed(false, { enabled: false }), false)).toBe('disabled')
  expect(lightPhase(armed(false, { emitting: true }), false)).toBe('lit')
})

it('never claims to know the light of a turret it has lost', () => {
  expect(lightPhase(turret(), true)).toBe('unknown')
  expect(lightPhase(turret({ lifecycle: { phase: 'opening', since: 0 } }), false)).toBe('unknown')
})

it('begins with a burst that every bound allows, and names each field that goes beyond', () => {
  for (const some of [bounds, { ...bounds, longestPulseMs: 70, mostPulses: 1, powerPercent: 3 }])
    expect(problemsOf(firstDraft(some), some)).toEqual({})
  expect(problemsOf({ pulses: 21, pulseMs: 120, gapMs: undefined, powerPercent: 81 }, bounds)).toEqual({
    pulses: 'at most 20',
    pulseMs: 'in steps of 50',
    gapMs: 'a number is needed',
    powerPercent: 'at most 80',
  })
  expect(burstOf({ pulses: 0, pulseMs: 100, gapMs: 0, powerPercent: 5 }, bounds)).toBeUndefined()
})

it('counts the dark between pulses in whole steps', () => {
  expect(burstMs({ pulses: 3, pulseMs: 100, gapMs: 120, powerPercent: 5 }, bounds)).toBe(600)
})

it('says how far a pattern is, over all rounds', () => {
  const run = { name: 'tour', state: 'dwelling', step: 1, steps: 4, round: 2, rounds: 2 } as const
  expect(patternWords(run)).toBe('stays at step 2 of 4, round 2 of 2')
  expect(patternProgress(run)).toBe(5 / 8)
  expect(patternProgress({ ...run, rounds: 0 })).toBe(1 / 4)
})

it('asks for the detectors that are switched on, as they were set, and for no others', () => {
  const vision = { fps: 20, models: [], detectors: { spot: { contrast: 30, smallestArea: 9 }, marker: {} } }
  expect(detectorsOf(draftOf(vision))).toEqual(vision.detectors)
  expect(detectorsOf(draftOf(undefined))).toEqual({})
  const draft = draftOf(vision)
  draft.fields.spot['contrast'] = 300
  expect(() => detectorsOf(draft)).toThrow(/^Contrast: /)
  draft.fields.spot['contrast'] = undefined
  expect(() => detectorsOf(draft)).toThrow(/^Contrast is missing/)
})

it('says of a crosshair whether the laser was seen there, and asks once before light follows one that it was not', () => {
  const size = { width: 640, height: 480 }
  const at = { x: 331.5, y: 235, size }
  const hand = { mount: 'turret' as const, crosshair: { ...at, found: 'click' as const } }
  const checked = { mount: 'turret' as const, crosshair: { ...at, found: 'spot' as const, checkedAt: 0 } }
  expect(crosshairWords({ mount: 'turret' }, size)).toBe(
    'It is the middle of the picture, and was never checked against the laser',
  )
  expect(crosshairWords(hand, size)).toBe(
    '+12.0, −4.5 px from the middle: it was put there by hand, and was never checked against the laser',
  )
  expect(crosshairWords(checked, size)).toMatch(
    /^\+12.0, −4.5 px from the middle, at the laser’s spot, found /,
  )
  expect(crosshairWords(checked, { width: 1280, height: 960 })).toMatch(/picture of another size/)
  expect(whyAskFirst({ mount: 'turret' }, size)).toBeDefined()
  expect(whyAskFirst({ mount: 'fixed' }, size)).toBeUndefined()
  expect(whyAskFirst(hand, size)).toBeDefined()
  const accepted = { ...hand, crosshair: { ...hand.crosshair, accepted: true } }
  expect(whyAskFirst(accepted, size)).toBeUndefined()
  expect(whyAskFirst(accepted, { width: 320, height: 240 })).toBeDefined()
  expect(whyAskFirst(checked, size)).toBeUndefined()
})
