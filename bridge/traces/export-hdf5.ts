import { Dataset, File, ready } from 'h5wasm/node'
import type { TraceInfo } from '../../shared/traces/trace.ts'
import { placeOf } from '../../shared/traces/trace-axis.ts'
import { axisColumn } from './axis-column.ts'
import { sampleChunks } from './samples.ts'

const CHUNK = 65_536

/**
 * Datasets named after the axis, such as `wavelength_m` (float64), and `value` (float32), chunked; what is known of the
 * trace is attributes.
 */
export async function writeHdf5(samples: string, info: TraceInfo, into: string): Promise<void> {
  await ready
  const file = new File(into, 'w')
  const { axis } = info
  const column = axisColumn(axis)
  try {
    for (const { from, samples: value } of sampleChunks(samples)) {
      append(
        file,
        column,
        '<d',
        Float64Array.from(value, (_, i) => placeOf(axis, from + i)),
        from,
      )
      append(file, 'value', '<f', value, from)
    }
    const { axis: _, settings, state, instrument, tags, ...plain } = info
    for (const [name, value] of Object.entries(plain))
      if (value !== undefined) file.create_attribute(name, value)
    for (const [name, value] of Object.entries(axis)) file.create_attribute(`axis_${name}`, value)
    for (const [name, value] of Object.entries({ settings, state, instrument, tags })) {
      // HDF5 has no objects: as JSON they can be read anywhere.
      if (value !== undefined) file.create_attribute(name, JSON.stringify(value))
    }
  } finally {
    file.close()
  }
}

function append(
  file: File,
  name: string,
  dtype: string,
  data: Float32Array | Float64Array,
  from: number,
): void {
  const there = file.get(name)
  if (there instanceof Dataset) {
    there.resize([from + data.length])
    there.write_slice([[from, from + data.length]], data)
  } else {
    file.create_dataset({ name, data, dtype, shape: [data.length], maxshape: [null], chunks: [CHUNK] })
  }
}
