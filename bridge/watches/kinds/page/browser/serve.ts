import { BEAT_MS, type FromChild, type Input, type Output, type ToChild, type WorkOf } from './protocol.ts'

const END_MS = 4000

/** What a work may use, and must obey. */
export interface WorkTools {
  signal: AbortSignal
  comment: (text: string) => void
}

/** What a process does, and how it ends. */
export interface Service<Work extends WorkOf<Work>> {
  work: {
    [K in keyof Work & string]: (input: Input<Work, K>, tools: WorkTools) => Promise<Output<Work, K>>
  }
  end: () => Promise<void>
}

/** Tells the bridge something. */
export function tell(message: FromChild): void {
  if (process.connected) process.send?.(message, undefined, {}, () => {})
}

/** The other end of a `Child`: does what the bridge asks for, and ends with the bridge, however that ended. */
export function serve<Start, Work extends WorkOf<Work>>(
  open: (start: Start) => Promise<Service<Work>>,
): void {
  const underway = new Map<number, AbortController>()
  let service: Service<Work> | undefined

  async function end(): Promise<void> {
    // Whatever happens: nothing of it stays.
    setTimeout(() => process.exit(1), END_MS).unref()
    await service?.end().catch(() => {})
    process.exit(0)
  }

  function run({ request, name, input, deadlineMs }: Extract<ToChild, { type: 'work' }>): void {
    const stop = new AbortController()
    underway.set(request, stop)
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(deadlineMs)])
    const comment = (text: string): void => tell({ type: 'comment', request, text })
    Promise.resolve()
      .then(() => service?.work[name as keyof Work & string](input as never, { signal, comment }))
      .then(
        (value) => tell({ type: 'done', request, value }),
        (error: unknown) =>
          tell({ type: 'failed', request, message: error instanceof Error ? error.message : String(error) }),
      )
      .finally(() => underway.delete(request))
  }

  process.on('SIGINT', () => {})
  process.on('disconnect', () => void end())
  process.on('uncaughtException', warn)
  process.on('unhandledRejection', warn)
  process.on('message', (message: ToChild) => {
    if (message.type === 'work') run(message)
    else if (message.type === 'abort') underway.get(message.request)?.abort()
    else if (message.type === 'end') void end()
    else {
      open(message.start as Start).then(
        (opened) => {
          service = opened
          tell({ type: 'ready' })
          setInterval(() => tell({ type: 'beat' }), BEAT_MS)
        },
        (error: unknown) => {
          warn(error)
          void end()
        },
      )
    }
  })
}

function warn(error: unknown): void {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  tell({ type: 'log', level: 'warn', message })
}
