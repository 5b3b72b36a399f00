import type { Guardian } from '../control/device-guards.ts'
import { browserPorts } from '../transport/browser.ts'

/**
 * The same guardian, and besides it the pages that lend serial ports: a device behind such a port is out of the guardian's
 * reach, and the page that has the port makes it safe in its place.
 */
export function withLentPorts(guardian: Guardian): Guardian {
  return {
    require: () => guardian.require(),
    protect: (device, plan) => {
      if (!browserPorts.protect(plan)) guardian.protect(device, plan)
    },
    may: (device, may) => guardian.may(device, may),
  }
}
