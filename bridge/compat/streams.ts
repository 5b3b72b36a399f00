import type { WebSocket } from 'ws'
import type { Ctp10Api } from './api.ts'
import { snapshotOf } from './snapshot.ts'

const POWER_HEARTBEAT_MS = 30_000
const HEALTH_HEARTBEAT_MS = 10_000
const MOST_ERRORS = 10
const RETRY_AFTER_S = 5
/** A client that has this much waiting is slow: it gets fewer messages, never old ones. */
const MOST_WAITING_BYTES = 64 * 1024

function say(socket: WebSocket, message: object): void {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message))
}

function heartbeat(socket: WebSocket, streams: number): void {
  say(socket, { type: 'heartbeat', timestamp: new Date().toISOString(), active_streams: streams })
}

/**
 * `/ws/power`: the newest powers once an interval, from the one poll that serves everybody. While there is no
 * instrument: `error`, and after ten of them `reconnect` and the end. The answer ends it.
 */
export function streamPowers(
  socket: WebSocket,
  api: Ctp10Api,
  { module, intervalMs, others }: { module: number | undefined; intervalMs: number; others: () => number },
): () => void {
  let errors = 0
  let sentAt = 0
  const fail = (message: string): void => {
    errors += 1
    const timestamp = new Date().toISOString()
    say(socket, { type: 'error', message, timestamp, recoverable: true, error_count: errors })
    if (errors < MOST_ERRORS) return
    say(socket, { type: 'reconnect', reason: 'Too many consecutive errors', retry_after: RETRY_AFTER_S })
    socket.close(1011, 'Too many consecutive errors')
  }
  const tick = (): void => {
    if (socket.bufferedAmount > MOST_WAITING_BYTES) return
    try {
      const snapshot = snapshotOf(api, module ?? api.defaultModule)
      errors = 0
      // Powers that stand still, for a trace that is on its way, are not sent again as if they were new.
      if (!snapshot || snapshot.timestamp === sentAt) return
      sentAt = snapshot.timestamp
      say(socket, { type: 'data', ...snapshot })
    } catch (error) {
      fail(error instanceof Error ? error.message : String(error))
    }
  }
  tick()
  const ticking = setInterval(tick, intervalMs)
  const beating = setInterval(() => heartbeat(socket, others()), POWER_HEARTBEAT_MS)
  return () => {
    clearInterval(ticking)
    clearInterval(beating)
  }
}

/** `/ws/health`: a heartbeat now and every 10 s, and `pong` for `ping`. Nothing of it waits for the instrument. The answer ends it. */
export function streamHealth(socket: WebSocket, streams: () => number): () => void {
  heartbeat(socket, streams())
  const beating = setInterval(() => heartbeat(socket, streams()), HEALTH_HEARTBEAT_MS)
  socket.on('message', (data: Buffer) => {
    if (data.toString() === 'ping') say(socket, { type: 'pong', timestamp: new Date().toISOString() })
  })
  return () => clearInterval(beating)
}
