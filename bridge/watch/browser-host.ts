import { Addresses } from './addresses.ts'
import { Chromium } from './browser/chromium.ts'
import { Pickers } from './browser/pickers.ts'
import {
  BEAT_MS,
  type BrowserStart,
  type FromBrowser,
  type ToBrowser,
  type WorkInput,
} from './browser/protocol.ts'
import { Proxy } from './browser/proxy.ts'
import { openPage, type VisitTools } from './browser/visit.ts'

const END_MS = 4000
const underway = new Map<number, AbortController>()
let ending: (() => Promise<void>) | undefined

function send(message: FromBrowser): void {
  if (process.connected) process.send?.(message, undefined, {}, () => {})
}

async function run({ pages, ...start }: BrowserStart): Promise<void> {
  // What Playwright and the browser put aside is gone with the folder.
  process.env['TMPDIR'] = start.folder
  const proxy = await Proxy.open(new Addresses(pages.allow))
  const chromium = new Chromium({ pages, ...start }, proxy, {
    chromium: (pid) => send({ type: 'chromium', pid }),
    log: (level, message) => send({ type: 'log', level, message }),
  })
  const pickers = new Pickers(chromium)
  ending = async () => {
    await chromium[Symbol.asyncDispose]()
    await proxy[Symbol.asyncDispose]()
  }

  const work = {
    check: (input: WorkInput<'check'>, tools: VisitTools) =>
      chromium.visit(async (context) => {
        const page = await openPage(context, input.url, tools)
        for (const step of input.steps) await page.do(step)
        return page.look(input)
      }),
    open: ({ picker, url, steps }: WorkInput<'open'>, tools: VisitTools) =>
      pickers.open(picker, url, steps, tools),
    step: ({ picker, step }: WorkInput<'step'>) => pickers.step(picker, step),
    at: ({ picker, x, y, up }: WorkInput<'at'>) => pickers.at(picker, x, y, up),
    close: ({ picker }: WorkInput<'close'>) => Promise.resolve(pickers.close(picker)),
  }

  process.on('message', (message: ToBrowser) => {
    if (message.type === 'abort') underway.get(message.request)?.abort()
    else if (message.type === 'work') {
      const { request, name, input, deadlineMs } = message
      const stop = new AbortController()
      underway.set(request, stop)
      const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(deadlineMs)])
      const comment = (text: string): void => send({ type: 'comment', request, text })
      work[name](input as never, { proxy, signal, comment })
        .then(
          (value: unknown) => send({ type: 'done', request, value }),
          (error: unknown) =>
            send({
              type: 'failed',
              request,
              message: error instanceof Error ? error.message : String(error),
            }),
        )
        .finally(() => underway.delete(request))
    }
  })
  send({ type: 'ready' })
  setInterval(() => send({ type: 'beat' }), BEAT_MS)
}

async function end(): Promise<void> {
  // Whatever happens: nothing of the browser stays.
  setTimeout(() => process.exit(1), END_MS).unref()
  await ending?.().catch(() => {})
  process.exit(0)
}

function fail(error: unknown): void {
  send({
    type: 'log',
    level: 'warn',
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
  })
}

process.on('SIGINT', () => {})
process.on('disconnect', () => void end())
process.on('uncaughtException', fail)
process.on('unhandledRejection', fail)
process.on('message', (message: ToBrowser) => {
  if (message.type === 'start')
    run(message.start).catch((error: unknown) => {
      fail(error)
      void end()
    })
  else if (message.type === 'end') void end()
})
