import type { PixelBox } from '../../../shared/watch-box.ts'
import type { PageStep, PageWatch } from '../../../shared/watch-what.ts'
import type { PagesConfig } from '../config.ts'

export const BEAT_MS = 1000
/** A process that says nothing for so long hangs. */
export const HUNG_MS = 10_000

export interface BrowserStart {
  pages: PagesConfig
  /** Chromium itself. */
  executable: string
  /** A folder of its own, for the browser's profile. */
  folder: string
}

/** What a page looks like while somebody picks from it. */
export interface PickerLook {
  url: string
  title: string
  width: number
  height: number
  png: Uint8Array
}

export interface Element {
  css: string
  xpath: string
  text: string
  box: PixelBox
  matches: number
}

/** What the browser's process does for the bridge. Each ends by its deadline. */
export interface BrowserWork {
  check: (input: Pick<PageWatch, 'url' | 'steps' | 'select' | 'json'>) => { body: string; png: Uint8Array }
  open: (input: { picker: string; url: string; steps: PageStep[] }) => PickerLook
  step: (input: { picker: string; step: PageStep }) => PickerLook
  at: (input: { picker: string; x: number; y: number; up: number }) => Element
  close: (input: { picker: string }) => undefined
}
export type WorkName = keyof BrowserWork
export type WorkInput<K extends WorkName> = Parameters<BrowserWork[K]>[0]
export type WorkOutput<K extends WorkName> = ReturnType<BrowserWork[K]>

export type ToBrowser =
  | { type: 'start'; start: BrowserStart }
  | { type: 'work'; request: number; name: WorkName; input: unknown; deadlineMs: number }
  | { type: 'abort'; request: number }
  | { type: 'end' }

export type FromBrowser =
  | { type: 'ready' }
  | { type: 'beat' }
  /** Chromium runs as this process, or as none any more. */
  | { type: 'chromium'; pid: number | undefined }
  | { type: 'comment'; request: number; text: string }
  | { type: 'done'; request: number; value: unknown }
  | { type: 'failed'; request: number; message: string }
  | { type: 'log'; level: 'info' | 'warn'; message: string }
