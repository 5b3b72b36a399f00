import type { DriverContext } from '../device/device.ts'
import type { ScpiError } from './scpi/errors.ts'

const SHOWN = 10

/** Adds what an instrument's own error queue held to its topic, which keeps the newest ten, and to the log. */
export function showErrors({ state, log }: DriverContext<'instrument'>, errors: readonly ScpiError[]): void {
  if (errors.length === 0) return
  const shown = [...(state.value.errors ?? []), ...errors.map((error) => ({ at: Date.now(), ...error }))]
  state.put({ errors: shown.slice(-SHOWN) })
  log.warn({ errors }, 'the instrument reports errors')
}
