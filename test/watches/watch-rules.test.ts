import { describe, expect, it } from 'vitest'
import { diffMerge } from '../../shared/wire/merge-patch.ts'
import type { WatchStatus } from '../../shared/watches/watch-state.ts'
import { Addresses } from '../../bridge/watches/kinds/page/addresses.ts'
import { checkReading } from '../../bridge/watches/kinds/reading/check.ts'
import { watchesOfChangedetection } from '../../bridge/watches/transfer/changedetection.ts'
import { seeText, textDifference } from '../../bridge/watches/kinds/page/text.ts'
import { type Lane, Queue, type Waiting } from '../../bridge/watches/scheduler/queue.ts'
import { nextDue, quietUntil, requireSchedule } from '../../bridge/watches/scheduler/schedule.ts'
import { Watchlist } from '../../bridge/watches/api/watchlist.ts'

const at = (text: string): number => new Date(text).getTime()

describe('a schedule', () => {
  it('is due so long after the last check began, and at once when that is past', () => {
    expect(nextDue({ everyS: 60 }, 1000, 2000)).toBe(61_000)
    expect(nextDue({ everyS: 60 }, 1000, 100_000)).toBe(100_000)
  })

  it('follows a cron in its zone, and is never due without either', () => {
    const from = Date.UTC(2026, 0, 5, 5, 30)
    expect(nextDue({ cron: '0 7 * * 1-5', zone: 'Europe/Berlin' }, from, from)).toBe(Date.UTC(2026, 0, 5, 6))
    expect(nextDue({}, 0, from)).toBeUndefined()
  })

  it('waits for the end of quiet hours, over midnight too, on their days alone', () => {
    const quiet = { from: '22:00', to: '06:00', days: [5] }
    expect(quietUntil(quiet, at('2026-01-09T23:00:00'))).toBe(at('2026-01-10T06:00:00'))
    expect(quietUntil(quiet, at('2026-01-10T05:59:00'))).toBe(at('2026-01-10T06:00:00'))
    expect(quietUntil(quiet, at('2026-01-10T23:00:00'))).toBeUndefined()
    const night = { from: '22:00', to: '06:00' }
    const late = at('2026-01-09T21:59:30')
    expect(nextDue({ everyS: 60, quiet: night }, late, late)).toBe(at('2026-01-10T06:00:00'))
    expect(nextDue({ cron: '0 * * * *', quiet: night }, late, late)).toBe(at('2026-01-10T06:00:00'))
  })

  it('is refused when it can never come to be', () => {
    const now = at('2026-01-09T12:00:00')
    expect(() => requireSchedule({ cron: '0 25 * * *' }, now)).toThrow(/cannot be read/)
    expect(() => requireSchedule({ cron: '0 0 30 2 *' }, now)).toThrow(/never/)
    expect(() => requireSchedule({ cron: '* * * * *', zone: 'Europe/Atlantis' }, now)).toThrow(
      /cannot be read/,
    )
    const always = { from: '23:00', to: '01:00' }
    expect(() => requireSchedule({ cron: '30 23 * * *', quiet: always }, now)).toThrow(/never/)
  })
})

describe('the queue', () => {
  const limits = {
    atOnce: { reading: 9, trace: 2, picture: 2, page: 2, browser: 2 },
    perGroup: { reading: 9, trace: 1, picture: 1, page: 2, browser: 2 },
    most: 5,
  }
  const waiting = (id: string, group: string, by?: string, lane: Lane = 'trace'): Waiting => ({
    id,
    group,
    by,
    lane,
  })

  it('lets each device have its turn, and one check of a device run at once', () => {
    const queue = new Queue(limits)
    for (const id of ['a1', 'a2', 'a3']) queue.add(waiting(id, 'a'))
    queue.add(waiting('b1', 'b'))
    expect([queue.next()?.id, queue.next()?.id, queue.next()?.id]).toEqual(['a1', 'b1', undefined])
    queue.done('b1')
    expect(queue.next()).toBeUndefined()
    queue.done('a1')
    expect(queue.next()?.id).toBe('a2')
    expect([queue.waiting, queue.running]).toEqual([1, 1])
  })

  it('has what a person asked for go ahead, also when it waited already, and holds each watch once', () => {
    const queue = new Queue(limits)
    for (const id of ['a1', 'a2', 'a3']) expect(queue.add(waiting(id, 'a'))).toBe('added')
    expect(queue.add(waiting('a3', 'a', 'olga'))).toBe('moved')
    expect(queue.add(waiting('a3', 'a', 'hans'))).toBe('there')
    expect(queue.next()).toMatchObject({ id: 'a3', by: 'olga' })
    expect(queue.waiting).toBe(2)
  })

  it('checks again alone what was lost beside others: after those that run, before all that wait', () => {
    const queue = new Queue(limits)
    const page = (id: string): Waiting => waiting(id, id, undefined, 'browser')
    for (const id of ['p1', 'p2', 'p3']) queue.add(page(id))
    expect([queue.next()?.id, queue.next()?.id]).toEqual(['p1', 'p2'])
    queue.done('p1')
    expect(queue.add({ ...page('p1'), alone: true })).toBe('added')
    expect(queue.add(waiting('p1', 'p1', 'olga', 'browser'))).toBe('there')
    queue.add(waiting('t1', 'a'))
    expect([queue.next()?.id, queue.next()]).toEqual(['t1', undefined])
    queue.done('p2')
    expect([queue.next(), queue.next()]).toMatchObject([{ id: 'p1', alone: true }, undefined])
    queue.done('p1')
    expect(queue.next()?.id).toBe('p3')
    queue.add({ ...page('p2'), alone: true })
    queue.remove('p2')
    expect([queue.waiting, queue.isWaiting('p2')]).toEqual([0, false])
  })

  it('takes no more than it may hold', () => {
    const queue = new Queue(limits)
    for (let n = 0; n < 5; n++) queue.add(waiting(`w${n}`, 'a'))
    expect(queue.add(waiting('more', 'b'))).toBe('full')
    queue.remove('w2')
    expect(queue.add(waiting('more', 'b'))).toBe('added')
  })
})

describe('the text of a page', () => {
  const filters = { only: [], drop: [], ignoreNumbers: false, sort: false }
  const body =
    '<body><script>x</script><h1>A&amp;B</h1><table><tr><td>p</td><td>1</td></tr></table><ul><li>x<li>y</ul></body>'

  it('has what a reader sees, a line for each block', () => {
    expect(seeText({ body, type: 'html', filters }).text).toBe('A&B\np 1\nx\ny')
    expect(
      seeText({ body, type: 'html', select: { css: 'li' }, filters: { ...filters, drop: ['x'] } }).text,
    ).toBe('y')
    expect(() => seeText({ body, type: 'html', select: { css: '.none' }, filters })).toThrow(
      /nothing on the page fits/,
    )
    expect(() => seeText({ body, type: 'html', select: { css: ':::' }, filters })).toThrow(/cannot be read/)
  })

  it('is the same for another number where numbers do not count', () => {
    const hash = (text: string): string =>
      seeText({ body: text, type: 'text', filters: { ...filters, ignoreNumbers: true } }).hash
    expect(hash('at 10:31')).toBe(hash('at 9:02'))
    expect(hash('on 1')).not.toBe(hash('off 1'))
  })

  it('differs by lines', () => {
    expect(textDifference({ before: 'a\nb\nc', after: 'a\nx\nc' })).toEqual([
      { op: 'same', text: 'a\n' },
      { op: 'removed', text: 'b\n' },
      { op: 'added', text: 'x\n' },
      { op: 'same', text: 'c\n' },
    ])
  })
})

describe('the addresses that may be asked', () => {
  const none = new Addresses([])

  it('are public ones', () => {
    for (const address of [
      '127.0.0.1',
      '10.1.2.3',
      '192.168.1.1',
      '169.254.169.254',
      '::1',
      'fe80::1',
      'fd00::1',
      '::ffff:10.0.0.1',
      '64:ff9b::7f00:1',
      '0.0.0.0',
      '100.64.0.1',
    ])
      expect(none.may('x', address, 80), address).toBe(false)
    for (const address of ['93.184.216.34', '2606:2800:220:1:248:1893:25c8:1946'])
      expect(none.may('x', address, 80), address).toBe(true)
  })

  it('are those besides that the configuration names: addresses, networks, names, with a port or any', () => {
    const some = new Addresses(['10.0.0.0/24', '127.0.0.1:8080', 'scope.lab', '[::1]:81'])
    expect(some.may('x', '10.0.0.9', 1)).toBe(true)
    expect(some.may('x', '10.0.1.9', 1)).toBe(false)
    expect(some.may('x', '127.0.0.1', 8080)).toBe(true)
    expect(some.may('x', '127.0.0.1', 80)).toBe(false)
    expect(some.may('Scope.lab', '192.168.0.4', 80)).toBe(true)
    expect(some.may('y', '::1', 81)).toBe(true)
    expect(() => new Addresses(['10.0.0.0/99'])).toThrow(/no network/)
    expect(() => new Addresses(['a b'])).toThrow(/neither/)
  })
})

describe('a reading', () => {
  const watch = (condition: object) =>
    ({ kind: 'reading', device: 'd', source: { from: 'topic', path: 'a.b' }, condition }) as never
  const of = (value: unknown, ready = true) => ({
    state: () => ({ value: { a: { b: value } }, ready }),
    newestPower: () => undefined,
  })
  const fresh = { failing: false, memory: undefined }

  it('fails for a rate over its span, either way', () => {
    const condition = watch({ is: 'rate', perS: 1, overS: 10 })
    const first = checkReading(condition, of(5), fresh, 1000)
    const calm = checkReading(condition, of(6), { failing: false, memory: first.memory }, 3000)
    expect(calm.alarm).toBeUndefined()
    expect(checkReading(condition, of(-9), { failing: false, memory: calm.memory }, 5000).alarm).toMatch(
      /-3.5 a second/,
    )
  })

  it('is missing only after so long, and there again at once', () => {
    const condition = watch({ is: 'missing', forS: 5 })
    const there = checkReading(condition, of(1), fresh, 1000)
    const soon = checkReading(condition, of(1, false), { failing: false, memory: there.memory }, 3000)
    expect(soon.alarm).toBeUndefined()
    const late = checkReading(condition, of(undefined), { failing: false, memory: soon.memory }, 6000)
    expect(late.alarm).toMatch(/no a.b for 5 s/)
    expect(checkReading(condition, of(2), { failing: true, memory: late.memory }, 7000).alarm).toBeUndefined()
  })

  it('changes by more than it may since the last change, not since the last check', () => {
    const condition = watch({ is: 'changed', by: 2 })
    let memory = checkReading(condition, of(0), fresh, 0).memory
    for (const value of [1, 2]) {
      const seen = checkReading(condition, of(value), { failing: false, memory }, 0)
      expect(seen.change).toBeUndefined()
      memory = seen.memory
    }
    expect(checkReading(condition, of(3), { failing: false, memory }, 0).change).toBe('from 0 to 3')
  })
})

it("takes changedetection.io's backup: addresses, titles, tags by their names, intervals, filters", () => {
  const tag = '0b9a4f0e'
  expect(
    watchesOfChangedetection({
      watching: {
        x: {
          url: 'https://example.org/a',
          title: '',
          tags: [tag],
          time_between_check: { minutes: 30, hours: null },
          include_filters: ['json:$.a'],
        },
        y: {
          url: 'https://example.org/b',
          title: 'B',
          tag: 'one, two',
          fetch_backend: 'html_webdriver',
          include_filters: ['xpath://p'],
        },
      },
      settings: {
        application: { tags: { [tag]: { title: 'Lab' } } },
        requests: { time_between_check: { hours: 3 } },
      },
    }),
  ).toMatchObject([
    {
      name: 'https://example.org/a',
      tags: ['Lab'],
      schedule: { everyS: 1800 },
      what: { with: 'fetch', json: '$.a' },
    },
    {
      name: 'B',
      tags: ['one', 'two'],
      schedule: { everyS: 10_800 },
      what: { with: 'browser', select: { xpath: '//p' } },
    },
  ])
  expect(() => watchesOfChangedetection([])).toThrow(/no export/)
})

it('sends of a thousand watches only those that changed, with what changed of them', async () => {
  using list = new Watchlist()
  const status = (value: number): WatchStatus => ({
    name: 'n',
    kind: 'reading',
    tags: [],
    target: 't',
    revision: 1,
    outcome: 'ok',
    checks: 0,
    failures: 0,
    changes: 0,
    value,
  })
  for (let n = 0; n < 1000; n++) list.set(`w${n}`, status(0))
  const patches: object[] = []
  await new Promise((resolve) => setTimeout(resolve, 60))
  list.subscribe(({ patch }) => patches.push(patch))
  for (let value = 1; value <= 20; value++) list.set('w7', status(value))
  list.set('w8', undefined)
  list.set('w9', status(0))
  await new Promise((resolve) => setTimeout(resolve, 60))
  expect(patches).toEqual([{ watches: { w7: { value: 20 }, w8: null } }])
  expect(diffMerge(list.snapshot().snapshot, list.snapshot().snapshot)).toBeUndefined()
})
