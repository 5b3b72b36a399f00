import { describe, expect, it } from 'vitest'
import { Judge, LOOK_MS, type Facts } from '../../bridge/guardian/judge.ts'

const standby = { standby: true, takeover: false, emits: true }
const takeover = { standby: false, takeover: true, emits: true }
const idle = { standby: false, takeover: false, emits: false }

/** Judges every 25 ms from 0 until the verdict is another than `nothing`; `beats` are the times at which the bridge speaks. */
function firstVerdict(
  armed: Facts['armed'],
  {
    beats = [],
    starves = false,
    busy = false,
    until = 40_000,
  }: { beats?: number[]; starves?: boolean; busy?: boolean; until?: number } = {},
): string {
  const judge = new Judge(0)
  const left = [...beats]
  for (let now = LOOK_MS; now <= until; now += LOOK_MS) {
    while (left[0] !== undefined && left[0] <= now) judge.beat(left.shift() ?? 0)
    const { act } = judge.look({ now, armed, starves: () => starves, isBusy: () => busy })
    if (act !== 'nothing') return `${act} at ${now}`
  }
  return 'nothing'
}

describe('a bridge whose beat is late', () => {
  it('loses what stands by after 500 ms, and lives', () => {
    expect(firstVerdict(standby)).toBe('standby at 525')
    expect(firstVerdict({ ...standby, emits: false })).toBe('standby at 525')
  })

  it('is ended after 500 ms where a device takes one connection', () => {
    expect(firstVerdict(takeover)).toBe('end at 525')
    expect(firstVerdict({ ...takeover, standby: true })).toBe('end at 525')
  })

  it('is given 900 ms when it waits for a processor, and what stands by is not', () => {
    expect(firstVerdict(takeover, { starves: true })).toBe('end at 925')
    expect(firstVerdict({ ...takeover, standby: true }, { starves: true })).toBe('standby at 525')
  })

  it('is ended after 10 s when nothing emits or moves, after 60 s when the machine is busy', () => {
    expect(firstVerdict(idle)).toBe('end at 10025')
    expect(firstVerdict(idle, { starves: true, until: 70_000 })).toBe('end at 60025')
    expect(firstVerdict(idle, { busy: true, until: 70_000 })).toBe('end at 60025')
  })

  it('is given no more where something may emit or move, however busy the machine is', () => {
    expect(firstVerdict(standby, { busy: true })).toBe('standby at 525')
    expect(firstVerdict(takeover, { busy: true })).toBe('end at 525')
  })

  it('is trusted again once it beats', () => {
    const beats = [400, 800, 1200, 1600]
    expect(firstVerdict(takeover, { beats, until: 2100 })).toBe('nothing')
    expect(firstVerdict(takeover, { beats })).toBe('end at 2125')
  })
})

it('ends a bridge that has made its standby devices safe by others after 5 s', () => {
  const judge = new Judge(0)
  const acts = new Set<string>()
  let ended = 0
  for (let now = LOOK_MS; ended === 0 && now < 20_000; now += LOOK_MS) {
    const { act } = judge.look({ now, armed: standby, starves: () => false, isBusy: () => true })
    acts.add(act)
    if (act === 'end') ended = now
  }
  expect([...acts]).toEqual(['nothing', 'standby', 'end'])
  expect(ended).toBe(5025)
})

it('does not count the time in which the guardian itself was held up', () => {
  const judge = new Judge(0)
  judge.look({ now: 25, armed: takeover, starves: () => false, isBusy: () => true })
  const held = judge.look({ now: 3025, armed: takeover, starves: () => false, isBusy: () => true })
  expect(held.act).toBe('nothing')
  for (let now = 3050; now <= 3475; now += LOOK_MS)
    expect(judge.look({ now, armed: takeover, starves: () => false, isBusy: () => true }).act).toBe('nothing')
  expect(judge.look({ now: 3550, armed: takeover, starves: () => false, isBusy: () => true }).act).toBe('end')
})

describe("the operator's heartbeat", () => {
  it('ends emission 600 ms after the last beat when the bridge has not', () => {
    const judge = new Judge(0)
    judge.holder(0)
    let acted = ''
    for (let now = LOOK_MS; acted === '' && now < 2000; now += LOOK_MS) {
      judge.beat(now)
      const { act, why } = judge.look({ now, armed: standby, starves: () => false, isBusy: () => true })
      if (act !== 'nothing') acted = `${act} at ${now}: ${why}`
    }
    expect(acted).toBe(
      "standby at 625: the operator's heartbeat has stopped, and the bridge has not ended the emission",
    )
  })

  it('says nothing while the bridge itself is silent', () => {
    const judge = new Judge(0)
    judge.holder(0)
    let acted = ''
    for (let now = LOOK_MS; acted === '' && now < 2000; now += LOOK_MS) {
      const { act, why } = judge.look({ now, armed: takeover, starves: () => true, isBusy: () => true })
      if (act !== 'nothing') acted = `${act} at ${now}: ${why}`
    }
    expect(acted).toBe('end at 925: the bridge has not answered for 925 ms')
  })

  it('is nobody’s when the lease has ended, and does not matter to what moves', () => {
    for (const [armed, holder] of [
      [standby, undefined],
      [{ ...standby, emits: false }, 0],
    ] as const) {
      const judge = new Judge(0)
      judge.holder(holder)
      for (let now = LOOK_MS; now < 2000; now += LOOK_MS) {
        judge.beat(now)
        expect(judge.look({ now, armed, starves: () => false, isBusy: () => true }).act).toBe('nothing')
      }
    }
  })
})
