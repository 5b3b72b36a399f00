import { BEAT_LOST_MS } from '../../shared/control.ts'
import { control } from './control.svelte.ts'
import { Heartbeat, type SendBeat } from './heartbeat.ts'
import { socket } from './socket.ts'

const TOUCHES = ['pointerdown', 'pointermove', 'keydown', 'touchstart', 'wheel'] as const

// Volatile, and forgotten when it is not answered: beats that waited for a stalled link would arrive in a bunch and
// vouch for a person who may long be gone.
const sendBeat: SendBeat = (active, heard) => {
  if (!socket.connected) return
  socket.volatile.timeout(BEAT_LOST_MS).emit('lease.beat', { active }, (error: Error | null, result) => {
    if (!error && result.ok) heard()
  })
}

/** Beats for as long as the lease is this page's. */
export function startHeartbeat(): void {
  const heartbeat = new Heartbeat(sendBeat)
  const touch = (event: Event): void => {
    // A script that clicks is nobody who watches the bench.
    if (event.isTrusted) heartbeat.touch()
  }
  for (const name of TOUCHES) window.addEventListener(name, touch, { capture: true, passive: true })
  $effect.root(() => {
    $effect(() => {
      if (!control.mine) return
      heartbeat.start()
      return () => heartbeat.stop()
    })
  })
}
