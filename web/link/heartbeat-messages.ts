import type { PageAnswer } from './heartbeat.ts'
import type { PageLink } from './socket.ts'

/** What the page tells the worker that beats for it. */
export type ToHeartbeat =
  /** The lease is this page's: beat, over a connection by the page's own name. */
  | { type: 'hold'; link: PageLink; touches: number }
  /** It is not any more. */
  | { type: 'release' }
  | { type: 'hidden' }
  | ({ type: 'answer' } & PageAnswer)

/** What the worker asks the page, to be answered with the same number. */
export interface FromHeartbeat {
  question: number
}
