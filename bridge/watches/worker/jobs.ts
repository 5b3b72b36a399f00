import type { FrameHeader } from '../../../shared/camera/frame-header.ts'
import type { TraceInfo } from '../../../shared/traces/trace.ts'
import type { Watch, WatchBody } from '../../../shared/watches/watch.ts'
import type { PixelBox } from '../../../shared/watches/watch-box.ts'
import type { TextChunk, WatchSnapshot } from '../../../shared/watches/watch-history.ts'
import type {
  PageSelector,
  PictureCondition,
  TextFilters,
  TraceCondition,
} from '../../../shared/watches/watch-what.ts'

export interface PageText {
  body: string
  type: 'html' | 'text'
  select?: PageSelector | undefined
  json?: string | undefined
  filters: TextFilters
}

export interface Grey {
  width: number
  height: number
  data: Uint8Array
}

export interface PictureSeen {
  mean: number
  sharpness: number
  spot: { x: number; y: number } | undefined
  /** Against what was seen at the last change; undefined where that is not there, or has another shape. */
  share: number | undefined
  width: number
  height: number
  png: Uint8Array
}

export interface TraceSeen {
  /** The deviation that counts most, or the peak's place. */
  deviation?: { at: number; by: number; share: number } | undefined
  peak?: { at: number; value: number } | undefined
  snapshot: Omit<Extract<WatchSnapshot, { kind: 'trace' }>, 'seq' | 'at' | 'kind'>
}

export interface TraceInput {
  file: string
  info: TraceInfo
  reference?: { file: string; info: TraceInfo } | undefined
  condition: TraceCondition
}

/** A watch that was found in a file, or why it cannot be taken. */
export interface Imported {
  name: string
  body?: WatchBody
  why?: string
}

/** The work that takes too long for the bridge's loop. */
export interface Jobs {
  text: (input: PageText) => { text: string; cut: boolean; hash: string }
  picture: (input: {
    header: FrameHeader
    pixels: Uint8Array
    condition: PictureCondition
    /** The picture of the last change; undefined where there is none. */
    base: string | undefined
  }) => PictureSeen
  trace: (input: TraceInput) => TraceSeen
  difference: (input: { before: string; after: string }) => TextChunk[]
  changedRegion: (input: { before: string; after: string; by: number }) => {
    width: number
    height: number
    changed?: PixelBox
    share?: number
  }
  /** Watches as YAML, without what is as it is anyway. */
  exportYaml: (input: { watches: Watch[] }) => string
  readImport: (input: { text: string; format: 'yaml' | 'changedetection' }) => Imported[]
  dimensions: (input: { file: string }) => { width: number; height: number }
}

export type JobName = keyof Jobs
export type JobInput<K extends JobName> = Parameters<Jobs[K]>[0]
export type JobOutput<K extends JobName> = ReturnType<Jobs[K]>
export interface JobRequest {
  seq: number
  name: JobName
  input: unknown
}
export type JobAnswer = { seq: number } & (
  { value: unknown } | { failure: { code: string; message: string } }
)
