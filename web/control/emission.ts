import type { BenchState } from '../../shared/bench/bench.ts'
import type { DeviceBase } from '../../shared/wire/device.ts'

/** The devices of the bench that emit, or may, in the order of the bench. */
export function emittingDevices(bench: BenchState | undefined): DeviceBase[] {
  return inOrder(bench).filter(({ emission }) => emission?.emitting)
}

/** The devices whose last emission was ended before its time, and have not emitted since. */
export function endedDevices(
  bench: BenchState | undefined,
): (DeviceBase & { ended: { at: number; why: string } })[] {
  return inOrder(bench).flatMap((device) => {
    const { emission } = device
    return emission?.ended && !emission.emitting ? { ...device, ended: emission.ended } : []
  })
}

/** What the tab's title begins with: that light is on, or was when the bridge was last heard. Empty while all is dark. */
export function emissionBadge(bench: BenchState | undefined, stale: boolean): string {
  if (emittingDevices(bench).length === 0) return ''
  return stale ? 'Light was on: ' : 'LIGHT ON: '
}

function inOrder(bench: BenchState | undefined): DeviceBase[] {
  return (bench?.order ?? []).flatMap((id) => bench?.devices[id] ?? [])
}
