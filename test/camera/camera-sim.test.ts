import { Codec, CodecContext, Frame, Packet } from 'node-av/lib'
import * as av from 'node-av/constants'
import { describe, expect, it } from 'vitest'
import { openH264 } from '../../bridge/camera/encode/h264.ts'
import { JpegEncoder } from '../../bridge/camera/encode/jpeg.ts'
import { SimCapture } from '../../bridge/camera/kinds/sim/sim.ts'
import { FULL_SCALE, Sensor } from '../../bridge/camera/frame/sensor.ts'
import { SimScene } from '../../bridge/camera/kinds/sim/sim-scene.ts'
import { epochMsOf, monotonicMs } from '../../bridge/core/clock.ts'
import { i420Bytes, toI420 } from '../../bridge/camera/frame/frame.ts'
import { readTimeCode } from '../../shared/camera/timecode.ts'

const width = 640
const height = 128

function readOut(exposureMs: number, gainDb: number): Uint16Array {
  const pixels = new Uint16Array(width * height)
  const sensor = new Sensor(5)
  sensor.set(exposureMs, gainDb)
  sensor.read(new SimScene(width, height, 5).light, pixels, width)
  return pixels
}
const mean = (values: Uint16Array): number => values.reduce((sum, value) => sum + value, 0) / values.length

describe('the simulated sensor', () => {
  it('doubles its signal with the exposure', () => {
    expect(mean(readOut(10, 0)) / mean(readOut(5, 0))).toBeCloseTo(2, 1)
  })

  it('takes gain in dB', () => {
    expect(mean(readOut(2, 12)) / mean(readOut(2, 0))).toBeCloseTo(10 ** (12 / 20), 1)
  })

  it('clips at full scale, and never leaves 0 to 4095', () => {
    const pixels = readOut(100, 0)
    expect(pixels.every((value) => value <= FULL_SCALE)).toBe(true)
    expect(pixels.filter((value) => value === FULL_SCALE).length).toBeGreaterThan(pixels.length / 3)
    expect(mean(readOut(100, 24))).toBeGreaterThan(mean(pixels))
  })

  it('has shot noise: the deviation of an even field is the root of its electrons', () => {
    const pixels = new Uint16Array(width * height)
    new Sensor(9).read(new Uint16Array(width * height).fill(2000), pixels, width)
    const middle = mean(pixels)
    const deviation = Math.sqrt(pixels.reduce((sum, value) => sum + (value - middle) ** 2, 0) / pixels.length)
    const electronsPerStep = 10_000 / FULL_SCALE
    expect(deviation).toBeCloseTo(Math.sqrt(2000 * electronsPerStep + 25) / electronsPerStep, 0)
  })

  it('shows the same slide for the same seed, and cells that move', () => {
    const [one, same] = [new SimScene(width, height, 3), new SimScene(width, height, 3)]
    expect(one.light).toEqual(same.light)
    one.advance(0.5)
    expect(one.light).not.toEqual(same.light)
  })
})

it('makes frames at its rate, and fewer when the exposure is longer than the period', async () => {
  const camera = new SimCapture({ kind: 'sim', width: 64, height: 64, fps: 50, seed: 1 })
  const count = async (): Promise<number> => {
    let frames = 0
    await camera.run(() => frames++, AbortSignal.timeout(500))
    return frames
  }
  expect(Math.abs((await count()) - 25)).toBeLessThanOrEqual(3)
  camera.set({ exposureMs: 100 })
  expect(Math.abs((await count()) - 5)).toBeLessThanOrEqual(1)
})

it('draws a time code that can be read after H.264', async () => {
  const pixels = new Uint16Array(width * height)
  const scene = new SimScene(width, height, 1)
  new Sensor(1).read(scene.light, pixels, width)
  const settings = { width, height, fps: 30, bitrateKbps: 1000 }
  const { encoder, reason } = await openH264(settings, () => {})
  expect(reason).not.toBe('')
  const codec = Codec.findDecoder(av.AV_CODEC_ID_H264)!
  const decoder = new CodecContext()
  decoder.allocContext3(codec)
  decoder.threadCount = 1
  decoder.setFlags(av.AV_CODEC_FLAG_LOW_DELAY)
  await decoder.open2(codec, null)
  const frame = new Frame()
  frame.alloc()
  try {
    const i420 = new Uint8Array(i420Bytes(width, height)).fill(128)
    for (let number = 0; number < 4; number++) {
      const madeAt = monotonicMs() + number * 33
      toI420({ width, height, bitDepth: 12, format: 'mono12', data: pixels, madeAt, number }, i420, true)
      const encoded = await encoder.encode(i420, number === 2)
      expect(encoded?.isKey).toBe(number === 0 || number === 2)
      const packet = new Packet()
      packet.alloc()
      packet.data = Buffer.from(encoded!.data)
      expect(decoder.sendPacketSync(packet)).toBe(0)
      packet.free()
      expect(decoder.receiveFrameSync(frame)).toBe(0)
      const [luma] = frame.data!
      const read = readTimeCode((x, y) => luma![y * frame.linesize[0]! + x]!, epochMsOf(madeAt) + 500)
      expect(read).toBe(Math.round(epochMsOf(madeAt)))
    }
  } finally {
    frame.free()
    decoder.freeContext()
    encoder.close()
  }
})

it('makes JPEG files', async () => {
  await using jpeg = await JpegEncoder.open(64, 48)
  const file = await jpeg.encode({
    width: 64,
    height: 48,
    madeAt: 0,
    i420: new Uint8Array(i420Bytes(64, 48)).fill(128),
  })
  expect([...file.subarray(0, 3), ...file.subarray(-2)]).toEqual([0xff, 0xd8, 0xff, 0xff, 0xd9])
})
