import { describe, expect, it } from 'vitest'
import { ParameterSets, splitAnnexB } from '../../bridge/camera/encode/nal.ts'
import { asksForKeyFrame, senderReport } from '../../bridge/camera/encode/rtcp.ts'
import { RtpPacketizer } from '../../bridge/camera/encode/rtp.ts'
import { rtpTimestampAt } from '../../shared/camera/media.ts'

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))

function unit(header: number, length: number): Uint8Array {
  const result = Uint8Array.from({ length }, (_, i) => (i * 7 + 1) & 0xff || 1)
  result[0] = header
  return result
}

/** Puts NAL units together again, by RFC 6184 alone. */
function depacketize(packets: Uint8Array[]): Uint8Array[] {
  const units: Uint8Array[] = []
  let parts: number[] = []
  for (const packet of packets) {
    const view = Buffer.from(packet)
    const extended = (view[0]! & 0x10) !== 0
    const payload = view.subarray(12 + (extended ? 4 + view.readUInt16BE(14) * 4 : 0))
    if ((payload[0]! & 0x1f) !== 28) {
      units.push(Uint8Array.from(payload))
      continue
    }
    if (payload[1]! & 0x80) parts = [(payload[0]! & 0xe0) | (payload[1]! & 0x1f)]
    parts.push(...payload.subarray(2))
    if (payload[1]! & 0x40) units.push(Uint8Array.from(parts))
  }
  return units
}

describe('H.264 over RTP', () => {
  it.each([undefined, 9])('brings every NAL unit across whole, playout-delay id %s', (playoutDelayId) => {
    const units = [unit(0x67, 12), unit(0x68, 4), unit(0x65, 1200), unit(0x65, 1201), unit(0x61, 40_000)]
    const packets = new RtpPacketizer({ ssrc: 0x11223344, payloadType: 96, playoutDelayId }, 65_530).packets(
      units,
      4_294_967_295,
    )
    expect(depacketize(packets)).toEqual(units)
    packets.forEach((packet, i) => {
      const view = Buffer.from(packet)
      expect(view.readUInt16BE(2)).toBe((65_530 + i) % 65_536)
      expect(view.readUInt32BE(4)).toBe(4_294_967_295)
      expect(view.readUInt32BE(8)).toBe(0x11223344)
      expect(view[1]).toBe(i === packets.length - 1 ? 0x80 | 96 : 96)
      expect(view.length).toBeLessThanOrEqual(1200 + 20)
    })
  })

  it('splits Annex B at start codes of three and of four bytes', () => {
    const units = splitAnnexB(bytes('00 00 00 01 67 42 c0 1e 00 00 01 68 ce 00 00 00 01 65 88 00 00 03 01'))
    expect(units.map((u) => Buffer.from(u).toString('hex'))).toEqual([
      '6742c01e',
      '68ce',
      '6588000003' + '01',
    ])
  })

  it('puts SPS and PPS before every IDR, also when the encoder wrote them once, and leaves SEI out', () => {
    const sets = new ParameterSets()
    const [sps, pps, sei, idr, slice] = [
      unit(0x67, 8),
      unit(0x68, 4),
      unit(0x06, 9),
      unit(0x65, 30),
      unit(0x61, 30),
    ]
    expect(sets.complete([sps, pps, sei, idr])).toEqual([sps, pps, idr])
    expect(sets.complete([slice])).toEqual([slice])
    expect(sets.complete([idr])).toEqual([sps, pps, idr])
  })
})

describe('RTCP', () => {
  const ssrc = 0xcafe0001
  const pli = '81 ce 00 02 00 00 00 01 ca fe 00 01'
  const fir = '84 ce 00 04 00 00 00 01 00 00 00 00 ca fe 00 01 05 00 00 00'
  const receiverReport = '80 c9 00 01 00 00 00 01'

  it.each([
    ['PLI', pli, true],
    ['FIR', fir, true],
    ['PLI behind a receiver report', receiverReport + pli, true],
    ['PLI of another stream', pli.replace('ca fe 00 01', 'ca fe 00 02'), false],
    ['a receiver report', receiverReport, false],
    ['half a PLI', pli.slice(0, 20), false],
    ['a length beyond the packet', pli.replace('00 02', 'ff ff'), false],
    ['nothing', '', false],
  ])('%s', (_name, packet, expected) => {
    expect(asksForKeyFrame(bytes(packet), ssrc)).toBe(expected)
  })

  it('ties RTP time to NTP time', () => {
    const now = Date.UTC(2026, 0, 1, 12) + 250
    const report = Buffer.from(senderReport(ssrc, now, 10, 12_345, 'lightbench'))
    expect(report.readUInt32BE(8) - 2_208_988_800).toBe(Math.floor(now / 1000))
    expect(report.readUInt32BE(12) / 2 ** 32).toBeCloseTo(0.25)
    expect(report.readUInt32BE(16)).toBe(rtpTimestampAt(now))
    expect([report.readUInt32BE(20), report.readUInt32BE(24)]).toEqual([10, 12_345])
    expect(report.length % 4).toBe(0)
    expect((report.readUInt16BE(2) + 1) * 4 + (report.readUInt16BE(30) + 1) * 4).toBe(report.length)
  })
})
