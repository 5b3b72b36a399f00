import { describe, expect, it } from 'vitest'
import type { Tile, TileContent } from '../../shared/views/views.ts'
import { add, move, resize, within } from '../../web/views/arrange.ts'
import { tileKeys } from '../../web/views/tile-key.ts'

const tile = (x: number, y: number, w: number, h: number, text = ''): Tile => ({
  box: { x, y, w, h },
  content: { kind: 'text', text },
})
const boxes = (tiles: readonly Tile[] | undefined): number[][] =>
  (tiles ?? []).map(({ box: { x, y, w, h } }) => [x, y, w, h])

describe('moving a tile', () => {
  it('goes where it is free, and no further than the edge', () => {
    expect(boxes(move([tile(0, 0, 4, 2)], 0, { x: 3, y: 1 }))).toEqual([[3, 1, 4, 2]])
    expect(boxes(move([tile(0, 0, 4, 2)], 0, { x: 99, y: -5 }))).toEqual([[12, 0, 4, 2]])
  })

  it('changes places with the one it is put on', () => {
    expect(boxes(move([tile(0, 0, 4, 2), tile(8, 0, 8, 9)], 0, { x: 9, y: 3 }))).toEqual([
      [8, 0, 8, 9],
      [0, 0, 4, 2],
    ])
  })

  it('stays where it is when it would lie on two', () => {
    const tiles = [tile(0, 0, 8, 2), tile(8, 0, 4, 2), tile(12, 0, 4, 2)]
    expect(move(tiles, 0, { x: 8, y: 0 })).toBe(tiles)
  })

  it('may lie on where it was itself', () => {
    expect(boxes(move([tile(0, 0, 4, 2)], 0, { x: 1, y: 0 }))).toEqual([[1, 0, 4, 2]])
  })
})

describe('resizing a tile', () => {
  it('is as large as is asked for', () => {
    expect(boxes(resize([tile(0, 0, 4, 2)], 0, { w: 6, h: 5 }))).toEqual([[0, 0, 6, 5]])
  })

  it('is never smaller than a cell or larger than the grid', () => {
    expect(boxes(resize([tile(2, 2, 4, 2)], 0, { w: -3, h: 0 }))).toEqual([[2, 2, 1, 1]])
    expect(boxes(resize([tile(2, 2, 4, 2)], 0, { w: 99, h: 99 }))).toEqual([[2, 2, 14, 7]])
  })

  it('ends at its neighbours, taking the larger of what is free', () => {
    expect(boxes(resize([tile(0, 0, 2, 2), tile(4, 0, 4, 4)], 0, { w: 8, h: 2 }))[0]).toEqual([0, 0, 4, 2])
    expect(boxes(resize([tile(0, 0, 2, 2), tile(4, 1, 4, 4)], 0, { w: 8, h: 9 }))[0]).toEqual([0, 0, 4, 9])
  })
})

describe('adding a tile', () => {
  it('puts it in the first free place, smaller where there is less room', () => {
    const camera: TileContent = { kind: 'camera', device: 'slide' }
    expect(boxes(add([], camera))).toEqual([[0, 0, 8, 5]])
    const half = [tile(0, 0, 12, 9)]
    expect(boxes(add(half, camera))[1]).toEqual([12, 0, 4, 4])
    expect(add([tile(0, 0, 16, 9)], camera)).toBeUndefined()
  })
})

it('moves a box within the grid', () => {
  expect(within({ x: -2, y: 20, w: 40, h: 2 })).toEqual({ x: 0, y: 7, w: 16, h: 2 })
})

it('tells tiles of the same content apart, and keeps a text the same tile while it is typed', () => {
  const clock: TileContent = { kind: 'clock' }
  const keys = tileKeys([clock, { kind: 'text', text: 'a' }, clock])
  expect(new Set(keys).size).toBe(3)
  expect(tileKeys([clock, { kind: 'text', text: 'ab' }, clock])).toEqual(keys)
})
