import type { GuardianState } from '../../shared/guardian/guardian.ts'
import { call } from './call.ts'
import { bridgeClock } from './clock.ts'
import { connection } from './connection.svelte.ts'
import type { StopAnswer } from './deliver-stop.ts'
import { guardianStopUrl, stopByGuardian } from './guardian-stop.ts'
import { StopTickets } from './stop-tickets.ts'
import { followTopic } from './topic.svelte.ts'

/** The guardian of the bench as this page knows it, and its way to it, which needs no bridge. Followed for as long as the page lives. */
class Guardian {
  readonly #bench = followTopic('bench')
  readonly #tickets = new StopTickets(
    () => call('estop.ticket', {}),
    () => bridgeClock.now(),
  )

  /** The last known state. */
  state: GuardianState | undefined = $derived(this.#bench.value?.guardian)
  readonly #startedAt: number | undefined = $derived(this.state?.startedAt)

  /** Keeps a ticket at hand: a new one for each connection to the bridge and each start of the guardian. */
  start(): void {
    $effect.root(() => {
      $effect(() => {
        if (connection.state === 'signed-out') this.#tickets.forget()
        if (connection.live === undefined || this.#startedAt === undefined) return
        this.#tickets.renew()
        return () => this.#tickets.rest()
      })
    })
  }

  /** How a stop gets there; undefined where there is no guardian, or no ticket yet. */
  stopWay(deadlineMs: number): (() => Promise<StopAnswer>) | undefined {
    const url = this.state && guardianStopUrl(this.state, location)
    const { ticket } = this.#tickets
    if (url === undefined || ticket === undefined) return undefined
    return () => stopByGuardian(url, ticket, { deadlineMs })
  }
}

/** The bench's guardian. */
export const guardian = new Guardian()
