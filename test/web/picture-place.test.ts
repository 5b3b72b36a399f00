import { describe, expect, it } from 'vitest'
import { pictureIn } from '../../web/camera/picture-place.ts'

describe('a picture in its box', () => {
  it('fills the box of its own shape, and leaves bars where the box is wider or higher', () => {
    expect(pictureIn({ width: 640, height: 480 }, 4 / 3)).toEqual({
      left: 0,
      top: 0,
      width: 640,
      height: 480,
    })
    expect(pictureIn({ width: 800, height: 480 }, 4 / 3)).toEqual({
      left: 80,
      top: 0,
      width: 640,
      height: 480,
    })
    expect(pictureIn({ width: 640, height: 680 }, 4 / 3)).toEqual({
      left: 0,
      top: 100,
      width: 640,
      height: 480,
    })
  })
})
