import type { Lifecycle } from '../../../shared/wire/device.ts'

/** Why what a tile shows is not of now: a few words to be read from afar, and the reason. Undefined while all is well. */
export function slateOf(
  lifecycle: Lifecycle | undefined,
  connected: boolean,
  title: string,
): { what: string; why?: string | undefined } | undefined {
  if (!connected) return { what: 'No connection', why: 'The bridge cannot be reached' }
  if (!lifecycle) return { what: 'Waiting', why: `Asking the bridge for ${title}` }
  switch (lifecycle.phase) {
    case 'ready':
      return undefined
    case 'opening':
      return { what: 'Opening', why: `${title} is being opened` }
    case 'faulted':
      return { what: 'Faulted', why: lifecycle.reason ?? `${title} has failed` }
    case 'closed':
      return { what: 'Closed', why: `${title} is closed` }
  }
}
