import type { ControlState } from '../../shared/control/control.ts'
import { personName } from '../ui/format.ts'

type LeaseState = NonNullable<ControlState['lease']>

/** How the lease stands to this page. */
export type Holder = 'free' | 'mine' | 'other'

/** Who has control, as a sentence. */
export function leaseWords(holder: Holder, lease: LeaseState | undefined, me: string | undefined): string {
  if (holder === 'free' || !lease) return 'Nobody has control'
  if (holder === 'mine') return 'You have control'
  // Two pages of one person are two holders, and "Anna has control" would puzzle Anna.
  return lease.name === me ? 'Another page of yours has control' : `${personName(lease.name)} has control`
}

/** Who asks for the lease, the one who has waited longest first. */
export function waiting(asks: ControlState['asks']): { client: string; name: string; since: number }[] {
  return Object.entries(asks)
    .map(([client, ask]) => ({ client, since: ask.since, name: personName(ask.name) }))
    .sort((a, b) => a.since - b.since)
}

/** What a screen reader says when control changes: no times, which would be read anew with every second. */
export function leaseAnnouncement(words: string, holder: Holder, control: ControlState | undefined): string {
  const { lease, asks = {} } = control ?? {}
  const ending = holder === 'mine' && lease?.lapsesAt !== undefined ? '. Your control is about to end' : ''
  const names = waiting(asks).map(({ name }) => name)
  const asking = holder === 'mine' && names.length > 0 ? `. Asking for it: ${names.join(', ')}` : ''
  return `${words}${ending}${asking}`
}
