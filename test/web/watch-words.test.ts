import { describe, expect, it } from 'vitest'
import type { WatchEvent } from '../../shared/watches/watch-state.ts'
import { watchBody } from '../../shared/watches/watch.ts'
import { leavesOf } from '../../web/watches/editor/topic-leaves.ts'
import { NewsReader } from '../../web/watches/list/news-reader.ts'
import { durationText, scheduleText } from '../../web/watches/editor/schedule-words.ts'
import {
  blankOf,
  BODY,
  changedTo,
  type Draft,
  nodeAt,
  problemsOf,
  variantsOf,
} from '../../web/watches/editor/schema-fields.ts'
import { sparkPath } from '../../web/watches/list/spark-path.ts'
import { textRows } from '../../web/watches/detail/text-rows.ts'
import { overlayOf, signsOf } from '../../web/watches/detail/trace-overlay.ts'
import { ago, valueText } from '../../web/watches/words.ts'

describe('a difference of texts', () => {
  const same = Array.from({ length: 20 }, (_, i) => `line ${i}`).join('\n')

  it('shows what has changed and three lines around it', () => {
    const rows = textRows([
      { op: 'same', text: `${same}\n` },
      { op: 'removed', text: 'old\n' },
      { op: 'added', text: 'new\n' },
      { op: 'same', text: same },
    ])
    expect(rows[0]).toEqual({ op: 'folded', lines: 17 })
    expect(rows.slice(3, 7).map((row) => 'text' in row && row.text)).toEqual([
      'line 19',
      'old',
      'new',
      'line 0',
    ])
    expect(rows.at(-1)).toEqual({ op: 'folded', lines: 17 })
  })

  it('shows everything where nothing has changed, or all is asked for', () => {
    expect(textRows([{ op: 'same', text: same }])).toHaveLength(20)
    const rows = textRows(
      [
        { op: 'same', text: same },
        { op: 'added', text: 'x' },
      ],
      Infinity,
    )
    expect(rows).toHaveLength(21)
  })
})

describe('news', () => {
  const event = (at: number, watch = 'aaaaaaaa'): WatchEvent => ({
    at,
    watch,
    name: 'Pump',
    kind: 'failed',
    message: 'off',
  })

  it('is what came after the page was opened, each once', () => {
    const reader = new NewsReader()
    expect(reader.read({ 1: event(10) })).toEqual([])
    expect(reader.read({ 1: event(10), 2: event(20) })).toEqual([event(20)])
    expect(reader.read({ 1: event(10), 2: event(20) })).toEqual([])
  })

  it('stays what it is when the bridge begins to count anew', () => {
    const reader = new NewsReader()
    reader.read({ 7: event(10) })
    expect(reader.read({ 1: event(30), 2: event(30, 'bbbbbbbb') })).toHaveLength(2)
  })
})

describe('the form made from the schema', () => {
  const kinds = variantsOf(nodeAt('what'))

  it('knows each kind of watch and each of its conditions', () => {
    expect(kinds?.variants.map(({ value }) => value)).toEqual(['reading', 'trace', 'picture', 'page'])
    for (const { node } of kinds?.variants ?? []) {
      const condition = node.properties?.['condition']
      expect(condition && variantsOf(condition)?.variants.length).toBeGreaterThan(1)
    }
  })

  it('begins with what only people can say left open', () => {
    const problems = problemsOf(blankOf(BODY))
    expect([...problems.keys()].sort()).toEqual([
      'name',
      'what.condition.limit',
      'what.device',
      'what.source.path',
    ])
  })

  it('makes a watch that the bridge takes once that is said', () => {
    const draft = blankOf(BODY) as Draft
    draft['name'] = 'Temperature'
    draft['what'] = {
      ...(draft['what'] as Draft),
      device: 'dut',
      source: { from: 'topic', path: 'temperatureC' },
      condition: { is: 'above', limit: 30 },
    }
    expect(problemsOf(draft).size).toBe(0)
    expect(watchBody.parse(draft).schedule).toEqual({ everyS: 60 })
  })

  it('keeps the device when another kind is chosen, and not what means something else there', () => {
    const picture = kinds?.variants.find(({ value }) => value === 'picture')
    const before = { kind: 'reading', device: 'cam', source: {}, condition: { is: 'above', limit: 3 } }
    expect(picture && changedTo(picture, 'kind', before)).toEqual({
      kind: 'picture',
      device: 'cam',
      condition: { is: 'changed' },
    })
  })
})

it('draws a small curve by time, the highest at the top', () => {
  const points = [
    { at: 0, value: 1 },
    { at: 30, value: 3 },
    { at: 40, value: 2 },
  ]
  expect(sparkPath(points, 100, 22)).toBe('M0.0 21.0L75.0 1.0L100.0 11.0')
  expect(sparkPath(points.slice(0, 1), 100, 22)).toBe('')
})

it('lays a trace over its reference and the mask around it, and points at the worst', () => {
  const snapshot = {
    kind: 'trace',
    seq: 1,
    at: 0,
    trace: 't',
    unit: 'dB',
    axisUnit: 'm',
    start: 1.5e-6,
    step: 1e-9,
    points: 3,
    values: [-1, -9, -1],
    reference: [-1, -2, -1],
    above: 1,
    below: 2,
    worst: { at: 1.501e-6, by: -7 },
  } as const
  const curves = overlayOf({ ...snapshot, values: [...snapshot.values], reference: [...snapshot.reference] })
  expect(curves.map(({ label }) => label)).toEqual(['seen', 'reference', 'upper mask', 'lower mask'])
  expect([...curves[3]!.samples]).toEqual([-3, -4, -3])
  expect(signsOf({ ...snapshot, values: [...snapshot.values], reference: [...snapshot.reference] })).toEqual([
    { place: 1.501e-6, value: -9, kind: 'dip' },
  ])
})

it('says values, ages and schedules as people do', () => {
  expect(valueText(-12.3456, 'dBm')).toBe('\u221212.35 dBm')
  expect(valueText(0.0012345, 'W')).toBe('1.2345 mW')
  expect(valueText(21.5, '°C')).toBe('21.5 °C')
  expect([ago(400), ago(3700), ago(61_000)]).toEqual(['now', '3 s', '61 s'])
  expect([durationText(90), durationText(300), durationText(86_400)]).toEqual(['90 s', '5 minutes', '1 day'])
  expect(
    scheduleText({ cron: '0 7 * * 1-5', zone: 'Europe/Berlin', quiet: { from: '22:00', to: '06:00' } }),
  ).toBe('at 0 7 * * 1-5 (Europe/Berlin), quiet 22:00 to 06:00')
})

it('suggests each number and text of a topic by its path', () => {
  expect(leavesOf({ a: 1, b: { c: 'x', d: [1] }, 'e f': 2 })).toEqual(['a', 'b.c'])
})
