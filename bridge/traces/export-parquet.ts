import { fileWriter, ParquetWriter } from 'hyparquet-writer'
import type { TraceInfo } from '../../shared/traces/trace.ts'
import { placeOf } from '../../shared/traces/trace-axis.ts'
import { axisColumn } from './axis-column.ts'
import { sampleChunks } from './samples.ts'

/**
 * Columns named after the axis, such as `wavelength_m` (double), and `value` (float), a row group a chunk; what is known
 * of the trace is metadata.
 */
export async function writeParquet(samples: string, info: TraceInfo, into: string): Promise<void> {
  const { axis } = info
  const column = axisColumn(axis)
  const writer = new ParquetWriter({
    writer: fileWriter(into),
    schema: [
      { name: 'root', num_children: 2 },
      { name: column, type: 'DOUBLE', repetition_type: 'REQUIRED' },
      { name: 'value', type: 'FLOAT', repetition_type: 'REQUIRED' },
    ],
    kvMetadata: [{ key: 'lightbench.trace', value: JSON.stringify(info) }],
    createdBy: 'Lightbench',
  })
  for (const { from, samples: value } of sampleChunks(samples)) {
    const places = Float64Array.from(value, (_, i) => placeOf(axis, from + i))
    await writer.write({
      columnData: [
        { name: column, data: places, encoding: 'PLAIN' },
        { name: 'value', data: value, encoding: 'PLAIN' },
      ],
      rowGroupSize: value.length,
    })
  }
  await writer.finish()
}
