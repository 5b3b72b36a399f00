import type { PixelBox } from '../../../../../shared/watches/watch-box.ts'
import type { PageStep, PageWatch } from '../../../../../shared/watches/watch-what.ts'
import type { Secrets } from '../../../../core/filled.ts'
import type { PagesConfig } from '../../../config.ts'

export const BEAT_MS = 1000
/** A process that says nothing for so long hangs. */
export const HUNG_MS = 10_000

/** What the process begins with that has the browser. */
export interface HostStart {
  pages: PagesConfig
  /** Chromium itself. */
  executable: string
  /** A folder of the data folder, for the browser's profile or for where that is. */
  folder: string
}

/** What the process of the browser does: one Chromium for all checks, which it lends them. */
export interface HostWork {
  /** Answers, instead of a loan, why this machine can have no browser, and what to do. */
  lend: (input: Record<string, never>) => { loan: number; endpoint: string } | { whyNot: string }
  /** Answers why the browser ended meanwhile, if it did. */
  takeBack: (input: { loan: number; failed: boolean }) => { ended: string | undefined }
}

/** What the process of a check begins with. */
export interface VisitStart {
  allow: PagesConfig['allow']
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

/** Where the browser is that was lent. */
interface At {
  endpoint: string
}

/** What the process of a check does, one at a time: it checks a page, or has one open for picking. Each ends by its deadline. */
export interface VisitWork {
  check: (input: At & Pick<PageWatch, 'url' | 'steps' | 'select' | 'json'> & { secrets: Secrets }) => {
    body: string
    png: Uint8Array
  }
  open: (input: At & { url: string; steps: PageStep[]; secrets: Secrets }) => PickerLook
  step: (input: { step: PageStep; secrets: Secrets }) => PickerLook
  at: (input: { x: number; y: number; up: number }) => Element
  close: (input: Record<string, never>) => undefined
}

/** The work of a process, by name. */
export type WorkOf<Work> = Record<keyof Work & string, (input: never) => unknown>
export type Input<Work, K extends keyof Work> = Work[K] extends (input: infer I) => unknown ? I : never
export type Output<Work, K extends keyof Work> = Work[K] extends (input: never) => infer O ? O : never

export type ToChild =
  | { type: 'start'; start: unknown }
  | { type: 'work'; request: number; name: string; input: unknown; deadlineMs: number }
  | { type: 'abort'; request: number }
  | { type: 'end' }

export type FromChild =
  | { type: 'ready' }
  | { type: 'beat' }
  /** A group of processes that it has started runs, or runs no more: it is not to outlive it. */
  | { type: 'group'; pid: number; runs: boolean }
  | { type: 'comment'; request: number; text: string }
  | { type: 'done'; request: number; value: unknown }
  | { type: 'failed'; request: number; message: string }
  | { type: 'log'; level: 'info' | 'warn'; message: string }
