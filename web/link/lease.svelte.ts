import { control } from './control.svelte.ts'
import type { FromHeartbeat, ToHeartbeat } from './heartbeat-messages.ts'
import { pageLink } from './socket.ts'
import { toasts } from '../ui/toasts.svelte.ts'

const TOUCHES = ['pointerdown', 'pointermove', 'keydown', 'touchstart', 'wheel'] as const

/** Has a worker beat for as long as the lease is this page's, and answers it for as long as the page lives. */
export function startHeartbeat(): void {
  let touches = 0
  let worker: Worker | undefined
  const tell = (message: ToHeartbeat): void => worker?.postMessage(message)
  const touch = (event: Event): void => {
    // A script that clicks is nobody who watches the bench.
    if (event.isTrusted) touches += 1
  }
  for (const name of TOUCHES) window.addEventListener(name, touch, { capture: true, passive: true })
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) tell({ type: 'hidden' })
  })
  // A page that is left is seen by nobody, also where it is kept for the way back.
  window.addEventListener('pagehide', () => tell({ type: 'hidden' }))

  function startWorker(): Worker {
    // An address, not a state.
    // eslint-disable-next-line svelte/prefer-svelte-reactivity
    const started = new Worker(new URL('./heartbeat-worker.ts', import.meta.url), { type: 'module' })
    started.onmessage = ({ data: { question } }: MessageEvent<FromHeartbeat>) =>
      tell({ type: 'answer', question, visible: !document.hidden, touches })
    started.onerror = ({ message }) => {
      // Its end is the end of its connection: no beat of a worker that has failed.
      started.terminate()
      worker = undefined
      toasts.report(
        new Error(`This page sends no heartbeat (${message || 'its worker does not start'}): load it anew.`),
      )
    }
    return started
  }

  $effect.root(() => {
    $effect(() => {
      if (!control.mine) return
      worker ??= startWorker()
      tell({ type: 'hold', link: pageLink(), touches })
      return () => tell({ type: 'release' })
    })
  })
}
