import type { TraceInfo } from '../../shared/traces/trace.ts'
import type { Exported, JobInput } from './jobs.ts'

type Write = (samples: string, info: TraceInfo, into: string) => void | Promise<void>

// Loaded when they are first used: HDF5's library alone takes 0.1 s, for which nobody's peaks should wait.
const writers: Record<Exported, () => Promise<Write>> = {
  csv: async () => (await import('./export-text.ts')).writeCsv,
  json: async () => (await import('./export-text.ts')).writeJson,
  parquet: async () => (await import('./export-parquet.ts')).writeParquet,
  h5: async () => (await import('./export-hdf5.ts')).writeHdf5,
}

/** Makes a file of a trace in another format, a chunk of samples after the other; for worker threads. */
export async function exportTrace({ samples, info, format, into }: JobInput<'export'>): Promise<void> {
  const write = await writers[format]()
  await write(samples, info, into)
}
