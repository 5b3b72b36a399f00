import type { Failure } from '../../shared/wire/errors.ts'
import type { TraceAxis } from '../../shared/traces/trace-axis.ts'
import type { PeakSearch, TraceFormat, TraceInfo, TracePeak, TraceUpload } from '../../shared/traces/trace.ts'

/** What a file from outside turned out to hold. */
export interface Imported {
  points: number
  axis: TraceAxis
  unit: string
  /** What was done to its samples, in words; undefined when they are as they came. */
  changed: string | undefined
}

/** The work that would hold up the loop, and so is done in a thread of its own. Paths are of files on disk. */
export interface Jobs {
  pyramid: (input: { samples: string; points: number; into: string }) => void
  peaks: (input: { samples: string; info: TraceInfo; search: PeakSearch }) => {
    found: number
    peaks: TracePeak[]
  }
  export: (input: { samples: string; info: TraceInfo; format: Exported; into: string }) => Promise<void>
  import: (input: { file: string; upload: TraceUpload; into: string }) => Imported
}

/** Formats that are made from the samples; NPY is what they are kept as. */
export type Exported = Exclude<TraceFormat, 'npy'>

export type JobName = keyof Jobs
export type JobInput<K extends JobName> = Parameters<Jobs[K]>[0]
export type JobOutput<K extends JobName> = Awaited<ReturnType<Jobs[K]>>

export interface JobRequest {
  seq: number
  name: JobName
  input: unknown
}

/** `failure` is an error that may leave the house; `message` is of any other. */
export type JobAnswer = { seq: number } & ({ value: unknown } | { failure: Failure } | { message: string })
