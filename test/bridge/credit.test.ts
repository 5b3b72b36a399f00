import { expect, it } from 'vitest'
import { ACK_LOST_MS, CreditWindow } from '../../bridge/core/credit.ts'

function windowOf(size: number): {
  credit: CreditWindow<string>
  sent: [string, number, number][]
  clock: { ms: number }
} {
  const sent: [string, number, number][] = []
  const clock = { ms: 0 }
  const credit = new CreditWindow<string>(
    size,
    (packet, seq, dropped) => sent.push([packet, seq, dropped]),
    () => clock.ms,
  )
  return { credit, sent, clock }
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
