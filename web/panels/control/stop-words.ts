import type { ControlState } from '../../../shared/control.ts'

type StopState = ControlState['stop']
export type DeviceStop = StopState['devices'][string]

/** What a device has made of the stop, in words. */
export function deviceWords({ state, reason }: DeviceStop): string {
  const words = {
    stopping: 'stopping',
    safe: 'safe',
    unconfirmed: 'not confirmed',
    closed: 'not open',
  }[state]
  return reason === undefined ? words : `${words}: ${reason}`
}

/** Whether a device keeps the stop from being reset. */
export function holdsReset({ state }: DeviceStop): boolean {
  return state === 'stopping' || state === 'unconfirmed'
}

/** Why the stop cannot be reset though the person might: the devices that have not reported safe. */
export function unsafeWords(
  devices: StopState['devices'],
  titleOf: (id: string) => string,
): string | undefined {
  const names = Object.entries(devices).flatMap(([id, device]) => (holdsReset(device) ? [titleOf(id)] : []))
  if (names.length === 0) return undefined
  return `Not safe yet: ${names.join(', ')}`
}
