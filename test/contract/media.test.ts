import { expect, it } from 'vitest'
import { ageOfRtpTimestamp, rtpTimestampAt } from '../../shared/camera/media.ts'
import { drawTimeCode, readTimeCode, TIME_CODE_MIN } from '../../shared/camera/timecode.ts'

const now = Date.UTC(2026, 10, 21, 9, 30, 15, 123)

it("tells a frame's age from its RTP timestamp, also when the timestamp has come round since", () => {
  for (const at of [now, Math.ceil(now / 47_721_859) * 47_721_859]) {
    expect(ageOfRtpTimestamp(rtpTimestampAt(at), at + 33)).toBeCloseTo(33, 1)
    expect(ageOfRtpTimestamp(rtpTimestampAt(at), at - 2)).toBeCloseTo(-2, 1)
  }
})

it('reads the time that was drawn, and nothing from a picture without one or with a damaged one', () => {
  const { width, height } = TIME_CODE_MIN
  const luma = new Uint8Array(width * height).fill(120)
  const read = (): number | undefined => readTimeCode((x, y) => luma[y * width + x] ?? 0, now)
  expect(read()).toBeUndefined()
  drawTimeCode(luma, width, now)
  expect(read()).toBe(now)
  for (let y = 0; y < 24; y++) luma.fill(y % 2 ? 235 : 16, y * width, y * width + 20)
  expect(read() === now || read() === undefined).toBe(true)
})
