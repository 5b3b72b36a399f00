import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { BenchError } from '../../shared/wire/errors.ts'
import { type NpyLayout, parseNpyHeader } from '../../shared/traces/npy.ts'
import { MOST_POINTS } from '../../shared/traces/trace.ts'
import type { Columns } from './columns.ts'

const HEAD = 4096
const CHUNK = 1 << 20

/**
 * Reads an NPY file of float32 or float64: values on one axis, or place and value on two, as rows or as columns. Throws
 * `input.invalid` that says what is there instead.
 */
export function readNpy(file: string): Columns {
  const fd = openSync(file, 'r')
  try {
    const head = new Uint8Array(HEAD)
    const layout = layoutOf(head.subarray(0, readSync(fd, head, 0, HEAD, 0)))
    const [rows = 0, columns = 1] = layout.shape
    const lying = columns !== 2 && rows === 2
    const points = lying ? columns : rows
    const width = layout.type === 'f8' ? 8 : 4
    const pairs = layout.shape.length === 2
    if ((pairs && !lying && columns !== 2) || points < 2 || points > MOST_POINTS) {
      throw new BenchError(
        'input.invalid',
        `an NPY array of ${layout.shape.join(' x ')}: expected 2 to ${MOST_POINTS} values, or as many pairs of place and value`,
      )
    }
    if (fstatSync(fd).size !== layout.begin + points * (pairs ? 2 : 1) * width) {
      throw new BenchError('input.invalid', 'the NPY file is not as long as its header says')
    }
    const x = pairs ? new Float64Array(points) : undefined
    const y = new Float32Array(points)
    // The numbers of a column lie beside each other, or every second place.
    const together = lying !== layout.fortran
    eachNumber(fd, layout, (value, i) => {
      if (!x) y[i] = value
      else if (together) (i < points ? x : y)[i % points] = value
      else (i % 2 === 0 ? x : y)[i >> 1] = value
    })
    return { x, y, axis: undefined, unit: undefined }
  } finally {
    closeSync(fd)
  }
}

function layoutOf(head: Uint8Array): NpyLayout {
  try {
    return parseNpyHeader(head)
  } catch (error) {
    throw new BenchError('input.invalid', `it is ${(error as Error).message}`, { cause: error })
  }
}

function eachNumber(fd: number, layout: NpyLayout, take: (value: number, i: number) => void): void {
  const view = new DataView(new ArrayBuffer(CHUNK))
  const width = layout.type === 'f8' ? 8 : 4
  let at = layout.begin
  let i = 0
  for (;;) {
    const length = readSync(fd, view, 0, CHUNK, at)
    if (length === 0) return
    for (let k = 0; k + width <= length; k += width) {
      take(
        width === 8 ? view.getFloat64(k, layout.littleEndian) : view.getFloat32(k, layout.littleEndian),
        i++,
      )
    }
    at += length
  }
}
