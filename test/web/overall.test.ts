import { describe, expect, it } from 'vitest'
import type { BenchState } from '../../shared/bench/bench.ts'
import type { ControlState } from '../../shared/control/control.ts'
import type { DeviceBase } from '../../shared/wire/device.ts'
import { hourAndMinute } from '../../web/ui/format.ts'
import { type Known, overallOf } from '../../web/views/kiosk/overall.ts'

const AT = Date.UTC(2026, 2, 9, 12, 3)
const device = (id: string, part: Partial<DeviceBase> = {}): DeviceBase => ({
  ...{ id, kind: 'instrument.scpi', family: 'instrument', title: id },
  lifecycle: { phase: 'ready', since: 0 },
  ...part,
})
const bench = (devices: DeviceBase[], part: Partial<BenchState> = {}): BenchState => ({
  ...{ title: '', version: '1', startedAt: 0, guardian: { state: 'present', since: AT }, storage: {} },
  order: devices.map(({ id }) => id),
  devices: Object.fromEntries(devices.map((each) => [each.id, each])),
  ...part,
})
const control = (part: Partial<ControlState> = {}): ControlState => ({
  ...{ asks: {}, stop: { latched: false, devices: {} }, interlocks: {} },
  ...part,
})
const quiet: Known = {
  connection: 'connected',
  lostAt: AT,
  control: control(),
  bench: bench([device('Slide')]),
  troubles: [],
  failingWatches: 0,
}
const lit = device('Laser', { emission: { emitting: true, since: AT } })
const door = {
  ...{ title: 'Lab door', closed: false, since: 0, settable: false, emergency: false, devices: [] },
  forbids: ['emission' as const, 'motion' as const],
}

it('says that all is in order, and who has control, when nothing is to be said', () => {
  expect(overallOf(quiet)).toEqual({
    ...{ tone: 'good', text: 'All in order', detail: 'nobody has control', others: [] },
  })
  const lease = { client: 'a'.repeat(12), name: 'anna', since: 0, connected: true, beating: true }
  expect(overallOf({ ...quiet, control: control({ lease }) }).detail).toBe('anna has control')
})

describe('is never green beside', () => {
  it.each<[string, Partial<Known>, string, string, string]>([
    ['light that is on', { bench: bench([lit]) }, 'bad', 'Light on', 'Laser'],
    [
      'a guardian that is lost',
      { bench: bench([], { guardian: { state: 'lost', since: AT } }) },
      'bad',
      'Guardian lost',
      `nothing may emit since ${hourAndMinute(AT)}`,
    ],
    [
      'a store that is sick',
      { bench: bench([], { storage: { bench: { since: AT, why: 'the disk is full', lost: 0 } } }) },
      'bad',
      'Nothing is recorded',
      `the disk takes nothing since ${hourAndMinute(AT)}`,
    ],
    [
      'a device that is faulted',
      { bench: bench([device('Slide', { lifecycle: { phase: 'faulted', since: 0 } })]) },
      'bad',
      'Fault',
      'Slide',
    ],
    [
      'a device that is opening',
      { bench: bench([device('Slide', { lifecycle: { phase: 'opening', since: 0 } })]) },
      'warn',
      'Opening',
      'Slide',
    ],
    [
      'a device that is closed',
      { bench: bench([device('Slide', { lifecycle: { phase: 'closed', since: 0 } })]) },
      'warn',
      'Closed',
      'Slide',
    ],
    [
      'an alarm',
      { troubles: [{ tone: 'bad', text: 'Alarm', title: 'Turret', detail: 'hard limit' }] },
      'bad',
      'Alarm',
      'Turret: hard limit',
    ],
    [
      'cameras without frames',
      {
        troubles: [
          { tone: 'bad', text: 'No frames', title: 'Slide' },
          { tone: 'bad', text: 'No frames', title: 'Eye' },
        ],
      },
      'bad',
      'No frames',
      'Slide, Eye',
    ],
    [
      'stale readings',
      { troubles: [{ tone: 'warn', text: 'Stale readings', title: 'Bath', detail: 'Temperature' }] },
      'warn',
      'Stale readings',
      'Bath: Temperature',
    ],
    ['a watch that fails', { failingWatches: 1 }, 'bad', 'A watch fails', ''],
    ['watches that fail', { failingWatches: 3 }, 'bad', '3 watches fail', ''],
    [
      'an open interlock',
      { control: control({ interlocks: { door } }) },
      'warn',
      'Interlock open',
      'Lab door',
    ],
    ['what it does not know', { control: undefined }, 'warn', 'Waiting', 'for the bridge'],
    [
      'a display that is not let in',
      { connection: 'signed-out' },
      'bad',
      'Not let in',
      'The token of this display is wrong or has ended: make a new link',
    ],
  ])('%s', (_, known, tone, text, detail) => {
    expect(overallOf({ ...quiet, ...known })).toMatchObject({ tone, text, detail })
  })
})

it('says the most pressing first, all else beside it, and is as bad as the worst', () => {
  const all: Known = {
    ...quiet,
    bench: bench([
      lit,
      device('Slide', { lifecycle: { phase: 'faulted', since: 0 } }),
      device('Eye', { lifecycle: { phase: 'faulted', since: 0 } }),
    ]),
    control: control({
      stop: {
        ...{ latched: true, at: AT, by: 'guardian', why: 'the bridge died while light was on' },
        devices: { Laser: { state: 'unconfirmed' }, Slide: { state: 'safe' } },
      },
      interlocks: { door },
    }),
    troubles: [{ tone: 'warn', text: 'Stale readings', title: 'Bath' }],
    failingWatches: 2,
  }
  const overall = overallOf(all)
  expect(overall).toMatchObject({
    tone: 'stop',
    text: 'Emergency stop',
    detail: `by guardian at ${hourAndMinute(AT)}: the bridge died while light was on`,
  })
  expect(overall.others.map(({ text, detail }) => [text, detail])).toEqual([
    ['Not confirmed', 'Laser'],
    ['Light on', 'Laser'],
    ['2 faults', 'Slide, Eye'],
    ['2 watches fail', ''],
    ['Interlock open', 'Lab door'],
    ['Stale readings', 'Bath'],
  ])
  expect(overallOf({ ...all, control: control({ interlocks: { door } }) })).toMatchObject({
    ...{ tone: 'bad', text: 'Light on' },
  })
})

it('says of a bridge that is lost whether light was on, and nothing else that it cannot know', () => {
  const lost: Known = { ...quiet, connection: 'reconnecting', failingWatches: 1 }
  expect(overallOf(lost)).toEqual({
    ...{ tone: 'bad', text: 'No connection', detail: `to the bridge since ${hourAndMinute(AT)}`, others: [] },
  })
  expect(overallOf({ ...lost, bench: bench([lit]) }).others).toEqual([
    { tone: 'bad', text: 'Light was on', detail: 'Laser' },
  ])
})

it('says why emission ended until the next begins, and that there is no guardian, without being alarmed by it', () => {
  const ended = { at: AT, why: 'anna no longer holds the lease' }
  const dark = device('Laser', { emission: { emitting: false, since: AT, ended } })
  const overall = overallOf({ ...quiet, bench: bench([dark], { guardian: { state: 'without', since: 0 } }) })
  expect(overall).toMatchObject({ tone: 'good', text: 'All in order' })
  expect(overall.others).toEqual([
    {
      ...{ tone: 'note', text: 'Emission ended' },
      detail: `Laser at ${hourAndMinute(AT)}: anna no longer holds the lease`,
    },
    { tone: 'note', text: 'No guardian', detail: 'light that is on stays on when the bridge dies' },
  ])
  const again = device('Laser', { emission: { emitting: true, since: AT, ended } })
  expect(overallOf({ ...quiet, bench: bench([again]) }).others).toEqual([])
})
