import { basePath } from '../../shared/wire/base-path.ts'
import { call } from './call.ts'
import { deliverStop, type StopAnswer } from './deliver-stop.ts'
import { guardian } from './guardian.svelte.ts'
import { post } from './post.ts'
import { socket } from './socket.ts'

const DEADLINE_MS = 5000

/** What became of this page's last press of the emergency stop. */
export type Press =
  { phase: 'none' | 'sending' } | ({ phase: 'arrived' } & StopAnswer) | { phase: 'failed'; problem: string }

/** The emergency stop as this page presses it: never asked back, never held back. */
class Stop {
  last = $state.raw<Press>({ phase: 'none' })
  #presses = 0

  /** Presses it; each press is a stop of its own, whatever became of those before. */
  async press(): Promise<void> {
    const press = ++this.#presses
    this.last = { phase: 'sending' }
    const outcome = await deliverStop({
      bySocket: socket.connected
        ? () => call('estop.press', {}, { deadlineMs: DEADLINE_MS }).then(byBridge)
        : undefined,
      byHttp: () =>
        post<{ stopMs: number }>(`${basePath}/api/estop`, {}, { deadlineMs: DEADLINE_MS }).then(byBridge),
      byGuardian: guardian.stopWay(DEADLINE_MS),
    }).then(
      (answer): Press => ({ phase: 'arrived', ...answer }),
      (error: unknown): Press => ({
        phase: 'failed',
        problem: error instanceof Error ? error.message : String(error),
      }),
    )
    if (press === this.#presses) this.last = outcome
  }

  /** What became of it has been read. */
  dismiss(): void {
    this.last = { phase: 'none' }
  }
}

function byBridge({ stopMs }: { stopMs: number }): StopAnswer {
  return { stopMs, by: 'bridge' }
}

/** This page's emergency stop. */
export const stop = new Stop()

/** Whether a key pressed is the emergency stop's; one that is held down has been pressed already. */
export function isStopKey({ key, shiftKey, repeat }: KeyboardEvent): boolean {
  return key === 'Escape' && shiftKey && !repeat
}
