import type { Caller } from '../device/device.ts'

/** As whom the bench acts when a watch has it do something. */
export function callerOf(name: string, signal: AbortSignal): Caller {
  return {
    name,
    role: 'operator',
    via: 'local',
    key: 'watch',
    client: 'watch',
    address: '',
    arrivedAt: performance.now(),
    signal,
  }
}
