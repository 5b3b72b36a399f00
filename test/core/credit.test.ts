import { expect, it } from 'vitest'
import { ACK_LOST_MS, CreditWindow } from '../../bridge/core/credit.ts'

function windowOf(size: number): {
  credit: CreditWindow<string>
  sent: [string, number, number][]
  clock: { ms: number }
  link: { stuck: boolean }
} {
  const sent: [string, number, number][] = []
  const clock = { ms: 0 }
  const link = { stuck: false }
  const credit = new CreditWindow<string>(size, (packet, seq, dropped) => sent.push([packet, seq, dropped]), {
    now: () => clock.ms,
    isStuck: () => link.stuck,
  })
  return { credit, sent, clock, link }
}

it('sends no more than the window unacknowledged; the newest replaces what waits, and is counted', () => {
  const { credit, sent } = windowOf(2)
  for (const packet of ['a', 'b', 'c', 'd', 'e']) credit.offer(packet)
  expect(sent.map(([packet]) => packet)).toEqual(['a', 'b'])
  credit.acknowledge(1)
  expect(sent.at(-1)).toEqual(['e', 3, 2])
  expect(credit.dropped).toBe(2)
})

it('sends at once again after the acknowledgement when nothing waited', () => {
  const { credit, sent } = windowOf(1)
  credit.offer('a')
  credit.acknowledge(1)
  credit.offer('b')
  expect(sent.map(([packet]) => packet)).toEqual(['a', 'b'])
})

it('forgives a lost acknowledgement after 2 s', () => {
  const { credit, sent, clock } = windowOf(1)
  credit.offer('a')
  clock.ms = ACK_LOST_MS - 1
  credit.offer('b')
  expect(sent).toHaveLength(1)
  clock.ms = ACK_LOST_MS
  credit.offer('c')
  // 'b' had waited, and was never sent.
  expect(sent.at(-1)).toEqual(['c', 2, 1])
  expect(sent).toHaveLength(2)
})

it('says whether it would send at once', () => {
  const { credit, clock } = windowOf(1)
  expect(credit.isFree).toBe(true)
  credit.offer('a')
  expect(credit.isFree).toBe(false)
  clock.ms = ACK_LOST_MS
  expect(credit.isFree).toBe(true)
})

it('gives no credit for acknowledgements that are repeated or made up', () => {
  const { credit, sent } = windowOf(1)
  credit.offer('a')
  credit.offer('b')
  for (const seq of [0, 99, -1, 0.5]) credit.acknowledge(seq)
  expect(sent).toHaveLength(1)
  credit.acknowledge(1)
  credit.acknowledge(1)
  credit.offer('c')
  expect(sent).toHaveLength(2)
})

it('lets the newest wait while the link is stuck, and sends it once it has drained though nothing comes after it', () => {
  const { credit, sent, link } = windowOf(4)
  link.stuck = true
  credit.offer('a')
  credit.offer('b')
  credit.resume()
  expect(sent).toEqual([])
  link.stuck = false
  credit.resume()
  expect(sent).toEqual([['b', 1, 1]])
  credit.resume()
  expect(sent).toHaveLength(1)
})

it('sends what waits for an acknowledgement that is lost, though nothing comes after it', () => {
  const { credit, sent, clock } = windowOf(1)
  credit.offer('a')
  credit.offer('b')
  credit.resume()
  expect(sent).toHaveLength(1)
  clock.ms = ACK_LOST_MS
  credit.resume()
  expect(sent.at(-1)).toEqual(['b', 2, 0])
})

it('keeps an acknowledgement for later that comes while the link is stuck', () => {
  const { credit, sent, link } = windowOf(1)
  credit.offer('a')
  credit.offer('b')
  link.stuck = true
  credit.acknowledge(1)
  expect(sent).toHaveLength(1)
  link.stuck = false
  credit.resume()
  expect(sent.at(-1)).toEqual(['b', 2, 0])
})
