import { describe, expect, it } from 'vitest'
import { addressForPhones } from '../../web/views/kiosk/address.ts'
import { isNight, msUntilHour, pageAt, shiftAt } from '../../web/views/kiosk/display.ts'
import { enter } from '../../web/views/kiosk/entrance.ts'
import { isOutdated } from '../../web/views/kiosk/renewal.ts'
import type { Me } from '../../web/link/why-not.ts'
import { fitFigures } from '../../web/views/tiles/figures.ts'
import { slateOf } from '../../web/views/tiles/slate.ts'
import { textSize } from '../../web/views/tiles/text-size.ts'

describe('turning pages', () => {
  const view = { pages: [{ tiles: [] }, { tiles: [], dwellS: 5 }, { tiles: [] }], dwellS: 10 }

  it('gives each page its own time, round and round', () => {
    const shown = [0, 9, 10, 14, 15, 24, 25].map((s) => pageAt(view, s * 1000).index)
    expect(shown).toEqual([0, 0, 1, 1, 2, 2, 0])
  })

  it('says how long it stays, so that the next can be made ready', () => {
    expect(pageAt(view, 12_500)).toEqual({ index: 1, leftMs: 2500 })
  })

  it('stays on a page that is alone', () => {
    expect(pageAt({ pages: [{ tiles: [] }], dwellS: 10 }, 123_456_789).index).toBe(0)
  })
})

describe('night', () => {
  const at = (hours: number, minutes = 0): number => hours * 60 + minutes

  it('goes over midnight when it ends before it begins', () => {
    const night = { from: '20:00', to: '06:30' }
    expect(
      [at(19, 59), at(20), at(23), at(0), at(6, 29), at(6, 30), at(12)].map((m) => isNight(night, m)),
    ).toEqual([false, true, true, true, true, false, false])
  })

  it('may lie within a day, and is never when it ends as it begins', () => {
    expect(isNight({ from: '12:00', to: '13:00' }, at(12, 30))).toBe(true)
    expect(isNight({ from: '12:00', to: '13:00' }, at(13))).toBe(false)
    expect(isNight({ from: '12:00', to: '12:00' }, at(12))).toBe(false)
  })
})

it('moves the picture by a few pixels every three minutes, and comes back', () => {
  const shifts = Array.from({ length: 18 }, (_, i) => shiftAt(i * 180_000).join())
  expect(new Set(shifts).size).toBeGreaterThan(7)
  expect(shifts.slice(0, 9)).toEqual(shifts.slice(9))
  expect(shiftAt(179_999)).toEqual(shiftAt(0))
})

it('counts to the next time that it is an hour o’clock', () => {
  expect(msUntilHour(4, new Date(2026, 5, 1, 3, 59, 0).getTime())).toBe(60_000)
  expect(msUntilHour(4, new Date(2026, 5, 1, 4, 0, 0).getTime())).toBe(86_400_000)
})

describe('coming in', () => {
  function opened(address: string, kept: Record<string, string> = {}) {
    const { pathname, search, hash } = new URL(address, 'http://bench')
    const replaced: unknown[] = []
    const entrance = enter({
      location: { pathname, search, hash },
      history: {
        replaceState: (_data: unknown, _unused: string, url?: string | URL | null) => replaced.push(url),
      },
      sessionStorage: {
        getItem: (name) => kept[name] ?? null,
        setItem: (name, value) => (kept[name] = value),
      },
    })
    return { ...entrance, replaced, kept }
  }

  it('takes the token out of the address bar and keeps it for a reload', () => {
    const first = opened('/kiosk/lab?token=lb_x&large=1')
    expect(first).toMatchObject({ view: 'lab', token: 'lb_x', replaced: ['/kiosk/lab?large=1'] })
    expect(opened('/kiosk/lab', first.kept)).toMatchObject({ token: 'lb_x', replaced: [] })
  })

  it('takes one behind the #, which no server is ever told', () => {
    expect(opened('/kiosk/lab#token=lb_y')).toMatchObject({ token: 'lb_y', replaced: ['/kiosk/lab'] })
  })

  it('has none where none was given', () => {
    expect(opened('/kiosk/all').token).toBeUndefined()
  })
})

describe('what a phone is led to', () => {
  const me: Me = { name: 'd', role: 'viewer', via: 'token', client: 'a'.repeat(12), now: 0, version: '1' }
  const to = (qr: 'none' | 'link' | 'token', who: Me | 'nobody yet' = me): string | undefined =>
    addressForPhones({ name: 'lab', qr }, 'http://bench', 'lb_x', who === 'nobody yet' ? undefined : who)

  it('has the token only where the view says so and it can do no more than look', () => {
    expect(to('none')).toBeUndefined()
    expect(to('link')).toBe('http://bench/kiosk/lab')
    expect(to('token')).toBe('http://bench/kiosk/lab?token=lb_x')
    expect(to('token', { ...me, role: 'operator' })).toBe('http://bench/kiosk/lab')
    expect(to('token', 'nobody yet')).toBe('http://bench/kiosk/lab')
  })
})

it('loads the page anew for another version or another page, and never for what it does not know', () => {
  const before = { version: '1', page: '<a>' }
  expect(isOutdated(before, before)).toBe(false)
  expect(isOutdated(before, { ...before, version: '2' })).toBe(true)
  expect(isOutdated(before, { ...before, page: '<b>' })).toBe(true)
  expect(isOutdated(before, { version: undefined, page: undefined })).toBe(false)
})

it('gives the reason why a tile is not of now', () => {
  expect(slateOf({ phase: 'ready', since: 0 }, true, 'Meter')).toBeUndefined()
  expect(slateOf({ phase: 'faulted', since: 0, reason: 'no cable' }, true, 'Meter')).toEqual({
    what: 'Faulted',
    why: 'no cable',
  })
  expect(slateOf({ phase: 'ready', since: 0 }, false, 'Meter')?.what).toBe('No connection')
})

it('shows figures as large as they fit: beside one another where it is wide, below where it is high', () => {
  expect(fitFigures(4, 1600, 200).columns).toBe(4)
  expect(fitFigures(4, 300, 1200).columns).toBe(1)
  expect(fitFigures(4, 800, 500).columns).toBe(2)
  expect(fitFigures(1, 800, 500).fontPx).toBeGreaterThan(fitFigures(4, 800, 500).fontPx)
})

it('writes a text as large as it fits, and never breaks a word for it', () => {
  const long = textSize(['Ultraviolettmikroskop'], 600, 600)
  expect(long).toBeLessThan(textSize(['UV'], 600, 600))
  expect(21 * long * 0.58).toBeLessThanOrEqual(600)
  expect(textSize(['a', 'b', 'c', 'd'], 2000, 100) * 4 * 1.35).toBeLessThanOrEqual(100)
})
