import { expect, it } from 'vitest'
import { decodeNpy, NPY_HEADER_BYTES, npyHeader } from '../../shared/traces/npy.ts'
import { decodeSamples, encodeSamples } from '../../shared/wire/streams.ts'

const packet = {
  seq: 7,
  dropped: 3,
  columns: 2,
  times: Float64Array.of(1_700_000_000_000.25, 1_700_000_000_100.5),
  values: Float32Array.of(-3.5, NaN, 0, 1.5),
}

it('reads back what it wrote, from an ArrayBuffer and from a view into a larger one', () => {
  const bytes = encodeSamples(packet)
  expect(decodeSamples(bytes.buffer)).toEqual(packet)
  const within = new Uint8Array(bytes.length + 3)
  within.set(bytes, 3)
  expect(decodeSamples(within.subarray(3))).toEqual(packet)
})

it('lays the header out as documented', () => {
  const view = new DataView(encodeSamples(packet).buffer)
  expect([view.getUint8(0), view.getUint8(1), view.getUint16(2, true)]).toEqual([1, 2, 2])
  expect([view.getUint32(4, true), view.getUint32(8, true)]).toEqual([7, 3])
})

it('refuses bytes that are no packet, and says why', () => {
  expect(() => decodeSamples(new Uint8Array(4))).toThrow('a packet of 4 bytes has no header')
  expect(() => decodeSamples(encodeSamples(packet).subarray(0, -1))).toThrow(
    '2 rows by 2 take 48 bytes, not 47',
  )
  expect(() => decodeSamples(new Uint8Array(16))).toThrow('packet kind 0 is not samples')
})

it('writes the header that NumPy reads, and refuses files of another make', () => {
  const head = npyHeader(2)
  expect(head).toHaveLength(NPY_HEADER_BYTES)
  expect(Buffer.from(head.subarray(0, 8))).toEqual(Buffer.from('\x93NUMPY\x01\x00', 'latin1'))
  const file = new Uint8Array(NPY_HEADER_BYTES + 8)
  file.set(head)
  new DataView(file.buffer).setFloat32(NPY_HEADER_BYTES + 4, 2.5)
  expect([...decodeNpy(file.buffer)]).toEqual([0, 2.5])
  expect(() => decodeNpy(file.buffer.slice(0, -1))).toThrow('2 points take 8 bytes, not 7')
  expect(() => decodeNpy(new ArrayBuffer(200))).toThrow('not an NPY file')
})
