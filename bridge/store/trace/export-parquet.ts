import { fileWriter, ParquetWriter } from 'hyparquet-writer'
import type { TraceInfo } from '../../../shared/trace.ts'
import { sampleChunks } from './samples.ts'

/** Columns `wavelength_m` (double) and `value` (float), a row group a chunk; what is known of the trace is metadata. */
export async function writeParquet(samples: string, info: TraceInfo, into: string): Promise<void> {
  const writer = new ParquetWriter({
    writer: fileWriter(into),
    schema: [
      { name: 'root', num_children: 2 },
      { name: 'wavelength_m', type: 'DOUBLE', repetition_type: 'REQUIRED' },
      { name: 'value', type: 'FLOAT', repetition_type: 'REQUIRED' },
    ],
    kvMetadata: [{ key: 'lightbench.trace', value: JSON.stringify(info) }],
    createdBy: 'Lightbench',
  })
  for (const { from, samples: value } of sampleChunks(samples)) {
    const wavelength = Float64Array.from(value, (_, i) => info.startM + (from + i) * info.stepM)
    await writer.write({
      columnData: [
        { name: 'wavelength_m', data: wavelength, encoding: 'PLAIN' },
        { name: 'value', data: value, encoding: 'PLAIN' },
      ],
      rowGroupSize: value.length,
    })
  }
  await writer.finish()
}
