import { expect, it } from 'vitest'
import { LatestSlot } from '../../bridge/camera/frame/slot.ts'

it('hands over the newest and counts what it replaced', async () => {
  const slot = new LatestSlot<number>()
  for (const item of [1, 2, 3]) slot.put(item)
  expect(await slot.take()).toBe(3)
  expect(slot.dropped).toBe(2)
})

it('gives an item to the one who waits, dropping nothing', async () => {
  const slot = new LatestSlot<number>()
  const taken = slot.take()
  slot.put(7)
  expect(await taken).toBe(7)
  slot.put(8)
  expect(await slot.take()).toBe(8)
  expect(slot.dropped).toBe(0)
})

it('has one taker at a time', async () => {
  const slot = new LatestSlot<number>()
  const first = slot.take()
  expect(() => slot.take()).toThrow('one taker')
  slot.put(1)
  await first
})
