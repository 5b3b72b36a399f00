import { type ControlState, type DeviceStop, wantsLook } from '../../shared/control/control.ts'
import type { GuardianStopAnswer } from '../../shared/guardian/guardian.ts'
import { fixed } from '../ui/format.ts'

type StopState = ControlState['stop']

/** What a device has made of the stop, in words. */
export function deviceWords({ state, reason }: DeviceStop): string {
  const words = {
    stopping: 'stopping',
    safe: 'safe',
    unproven: 'sent, not confirmed',
    unconfirmed: 'not confirmed',
    closed: 'not open',
  }[state]
  return reason === undefined ? words : `${words}: ${reason}`
}

/** Who has carried a stop out, and how fast. */
export function stopAnswerWords({ by, stopMs }: GuardianStopAnswer): string {
  const within = `within ${fixed(stopMs, 1)} ms`
  if (by === 'bridge') return `The bridge has told every device ${within}.`
  return `The bridge did not answer: its guardian has told every device itself ${within}.`
}

/**
 * Why the stop cannot be reset though the person might: the devices that have not been heard of, or else those that have
 * proven nothing and are not among `checked`, those at which the person has looked.
 */
export function unsafeWords(
  devices: StopState['devices'],
  checked: ReadonlySet<string>,
  titleOf: (id: string) => string,
): string | undefined {
  const named = (holds: (id: string, stop: DeviceStop) => boolean): string =>
    Object.entries(devices)
      .flatMap(([id, stop]) => (holds(id, stop) ? [titleOf(id)] : []))
      .join(', ')
  const stopping = named((_, { state }) => state === 'stopping')
  if (stopping !== '') return `Not safe yet: ${stopping}`
  const unseen = named((id, stop) => wantsLook(stop) && !checked.has(id))
  return unseen === '' ? undefined : `Look at ${unseen}, and tick that it is safe`
}
