import { describe, expect, it } from 'vitest'
import { Assembler } from '../../bridge/camera/kinds/pushed/assembler.ts'
import { FirstPictures } from '../../bridge/camera/kinds/pushed/first-pictures.ts'
import type { Completed, Depacketizer } from '../../bridge/camera/kinds/pushed/depacketizer.ts'
import { H264Depacketizer } from '../../bridge/camera/kinds/pushed/h264-depacketizer.ts'
import { readRtp, type RtpPacket } from '../../bridge/camera/kinds/pushed/rtp-packet.ts'
import { SourceClock } from '../../bridge/camera/kinds/pushed/source-clock.ts'
import { Vp8Depacketizer } from '../../bridge/camera/kinds/pushed/vp8-depacketizer.ts'
import { RtpPacketizer } from '../../bridge/camera/encode/rtp.ts'

const SPS = [0x67, 66, 0xc0, 31]
const PPS = [0x68, 0xce, 1]
const IDR = [0x65, 1, 2, 3]
const SLICE = [0x41, 9, 9]

let sequence = 0
function packet(payload: number[], timestamp: number, marker = false): RtpPacket {
  return {
    sequence: sequence++ & 0xffff,
    timestamp,
    ssrc: 1,
    payloadType: 96,
    marker,
    payload: Uint8Array.from(payload),
  }
}

const hex = (...units: number[][]): string =>
  Buffer.from(units.flatMap((unit) => [0, 0, 0, 1, ...unit])).toString('hex')

function all(depacketizer: Depacketizer, packets: RtpPacket[]): Completed[] {
  return packets.flatMap((each) => depacketizer.push(each))
}

const dataOf = (picture: Completed): string =>
  picture === 'damaged' ? picture : Buffer.from(picture.data).toString('hex')

describe('an RTP packet', () => {
  it('is read with its sources, its extension and its padding', () => {
    const bytes = [
      0xb1, 0xe0, 0, 7, 0, 0, 0, 9, 0, 0, 0, 5, 1, 1, 1, 1, 0xbe, 0xde, 0, 1, 2, 2, 2, 2, 42, 43, 0, 2,
    ]
    expect(readRtp(Uint8Array.from(bytes))).toEqual({
      ...{ sequence: 7, timestamp: 9, ssrc: 5, payloadType: 96, marker: true },
      payload: Uint8Array.of(42, 43),
    })
  })

  it('that is cut short, or says it is longer than it is, is none', () => {
    const head = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    for (const bytes of [
      [],
      [0x80, 96],
      [0x40, 96, ...head],
      [0x8f, 96, ...head],
      [0x90, 96, ...head],
      [0xa0, 96, ...head, 200],
    ])
      expect(readRtp(Uint8Array.from(bytes))).toBeUndefined()
  })
})

describe('H.264 in RTP', () => {
  it('comes as single units, as STAP-A, and in the fragments of FU-A', () => {
    const depacketizer = new H264Depacketizer()
    const pictures = all(depacketizer, [
      packet([24, 0, SPS.length, ...SPS, 0, PPS.length, ...PPS], 0),
      packet([0x7c, 0x85, 1], 0),
      packet([0x7c, 0x05, 2], 0),
      packet([0x7c, 0x45, 3], 0, true),
      packet(SLICE, 3000, true),
    ])
    expect(pictures.map(dataOf)).toEqual([hex(SPS, PPS, IDR), hex(SLICE)])
    expect(pictures).toMatchObject([
      { isKey: true, timestamp: 0, shape: expect.any(String) },
      { isKey: false },
    ])
  })

  it('is what was packed, of any size', () => {
    const idr = Uint8Array.from({ length: 5000 }, (_, i) => (i === 0 ? 0x65 : (i % 250) + 1))
    const units = [Uint8Array.from(SPS), Uint8Array.from(PPS), idr]
    const packed = new RtpPacketizer({ ssrc: 1, payloadType: 96, playoutDelayId: 3 }, 65_534).packets(
      units,
      77,
    )
    const pictures = all(
      new H264Depacketizer(),
      packed.map((bytes) => readRtp(bytes)!),
    )
    expect(packed.length).toBeGreaterThan(5)
    expect(pictures.map(dataOf)).toEqual([hex(SPS, PPS, [...idr])])
  })

  it('whose last packets are not marked ends with the time of the next picture', () => {
    const depacketizer = new H264Depacketizer()
    const pictures = all(depacketizer, [
      packet(SPS, 0),
      packet(PPS, 0),
      packet(IDR, 0),
      packet(SLICE, 3000, true),
    ])
    expect(pictures.map(dataOf)).toEqual([hex(SPS, PPS, IDR), hex(SLICE)])
  })

  it('has its parameter sets before each key frame, also where they came once and by themselves', () => {
    const pictures = all(new H264Depacketizer(), [
      packet(SPS, 0, true),
      packet(PPS, 0, true),
      packet(IDR, 3000, true),
      packet(IDR, 6000, true),
    ])
    expect(pictures.map(dataOf)).toEqual([hex(SPS, PPS, IDR), hex(SPS, PPS, IDR)])
  })

  it('is damaged where a fragment, a length or the parameter sets are missing', () => {
    const of = (...packets: RtpPacket[]): string[] => all(new H264Depacketizer(), packets).map(dataOf)
    expect(of(packet(IDR, 0, true))).toEqual(['damaged'])
    expect(of(packet([0x7c, 0x05, 2], 0), packet([0x7c, 0x45, 3], 0, true))).toEqual(['damaged'])
    expect(of(packet([0x7c, 0x85, 2], 0, true))).toEqual(['damaged'])
    expect(of(packet([24, 0, 9, 1], 0, true))).toEqual(['damaged'])
    expect(of(packet([30, 1], 0, true))).toEqual(['damaged'])
  })
})

describe('VP8 in RTP', () => {
  const KEY = [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00]
  const INTER = [0x11, 5, 6]

  it('is put together behind descriptors of every length, and knows its size', () => {
    const pictures = all(new Vp8Depacketizer(), [
      packet([0x90, 0x80, 0x81, 0x02, ...KEY], 0),
      packet([0x80, 0xf0, 0x01, 7, 0x20, 8], 0, true),
      packet([0x10, ...INTER], 3000, true),
    ])
    expect(pictures.map(dataOf)).toEqual([
      Buffer.from([...KEY, 8]).toString('hex'),
      Buffer.from(INTER).toString('hex'),
    ])
    expect(pictures).toMatchObject([{ isKey: true, shape: '320x240' }, { isKey: false }])
  })

  it('is damaged where its beginning is missing', () => {
    expect(all(new Vp8Depacketizer(), [packet([0x00, 1, 2], 0, true)])).toEqual(['damaged'])
    expect(all(new Vp8Depacketizer(), [packet([0x90], 0, true)])).toEqual(['damaged'])
  })
})

describe('packets on their way', () => {
  function rig(): { assembler: Assembler; seen: string[]; asked: () => number } {
    const seen: string[] = []
    let asked = 0
    const assembler = new Assembler('h264', {
      picture: (picture) => seen.push(picture.isKey ? 'key' : `+${picture.timestamp}`),
      wantKey: () => (asked += 1),
    })
    return { assembler, seen, asked: () => asked }
  }
  const key = (timestamp: number): RtpPacket =>
    packet([24, 0, 4, ...SPS, 0, 3, ...PPS, 0, 4, ...IDR], timestamp, true)

  it('are put in order, and one that comes twice counts once', () => {
    sequence = 65_534
    const { assembler, seen, asked } = rig()
    const [a, b, c, d] = [key(0), packet(SLICE, 1, true), packet(SLICE, 2, true), packet(SLICE, 3, true)]
    for (const [i, each] of [a, c, b, b, a, d].entries()) assembler.push(each, i)
    expect(seen).toEqual(['key', '+1', '+2', '+3'])
    expect(asked()).toBe(0)
    expect(assembler.lost).toBe(0)
  })

  it('of which one is lost give no picture until the next key frame, which is asked for', () => {
    const { assembler, seen, asked } = rig()
    assembler.push(key(0), 0)
    packet(SLICE, 1, true)
    assembler.push(packet(SLICE, 2, true), 33)
    expect(seen).toEqual(['key'])
    expect(asked()).toBe(0)
    assembler.push(packet(SLICE, 3, true), 300)
    expect(seen).toEqual(['key'])
    expect(asked()).toBe(1)
    assembler.push(packet(SLICE, 4, true), 333)
    expect(asked()).toBe(1)
    assembler.push(packet(SLICE, 5, true), 1400)
    expect(asked()).toBe(2)
    assembler.push(key(6), 1433)
    assembler.push(packet(SLICE, 7, true), 1466)
    expect(seen).toEqual(['key', 'key', '+7'])
    expect(assembler.lost).toBeGreaterThanOrEqual(3)
  })

  it('that begin in the midst of a picture are no picture, and no loss', () => {
    const { assembler, seen, asked } = rig()
    assembler.push(packet([0x7c, 0x45, 3], 0, true), 0)
    assembler.push(packet(SLICE, 1, true), 1)
    assembler.push(key(2), 2)
    expect(seen).toEqual(['key'])
    expect(asked()).toBe(1)
    expect(assembler.lost).toBe(0)
  })
})

describe("a source's clock", () => {
  it('takes the jitter out of when pictures were made, and goes round at 32 bits', () => {
    const clock = new SourceClock()
    const first = 2 ** 32 - 4500
    const late = [0, 20, 3, 15, 0]
    const times = late.map((ms, i) => clock.madeAt((first + i * 3000) % 2 ** 32, 1000 + (i * 100) / 3 + ms))
    times.forEach((time, i) => expect(Math.abs(time - (1000 + (i * 100) / 3))).toBeLessThan(0.2))
  })

  it('never says of a picture that it comes from the future, and follows a source that paused', () => {
    const clock = new SourceClock()
    clock.madeAt(0, 1000)
    expect(clock.madeAt(90_000, 1900)).toBe(1900)
    expect(clock.madeAt(93_000, 9000)).toBe(9000)
  })
})

describe('the rate of a stream', () => {
  it('is that of its first pictures', async () => {
    const first = new FirstPictures()
    for (let i = 0; i < 10; i++) first.see({ data: new Uint8Array(), isKey: i === 0, timestamp: i * 6000 })
    expect(await first.fps).toBe(15)
  })
})
