/** What of a service worker's own world (W3C Service Workers) is used here: TypeScript knows a page's or a worker's, not both. */
export interface WorkerScope {
  readonly location: { readonly origin: string; readonly pathname: string }
  readonly clients: {
    claim(): Promise<void>
    get(id: string): Promise<Display | undefined>
  }
  skipWaiting(): Promise<void>
  addEventListener(type: 'install' | 'activate', listener: (event: LastingEvent) => void): void
  addEventListener(
    type: 'message',
    listener: (event: LastingEvent & { data: unknown; source: Display | null }) => void,
  ): void
  addEventListener(
    type: 'fetch',
    listener: (
      event: LastingEvent & {
        request: Request
        resultingClientId?: string
        respondWith(response: Promise<Response>): void
      },
    ) => void,
  ): void
}

interface LastingEvent {
  waitUntil(work: Promise<unknown>): void
}

/** A page that the worker serves. */
interface Display {
  readonly id: string
  readonly url: string
  readonly visibilityState: DocumentVisibilityState
  navigate(url: string): Promise<unknown>
}
