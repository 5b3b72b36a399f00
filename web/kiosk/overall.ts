import type { BenchState } from '../../shared/bench.ts'
import type { ControlState } from '../../shared/control.ts'
import type { ConnectionState } from '../lib/connection.svelte.ts'
import { hourAndMinute, personName } from '../lib/format.ts'

/** How the bench is, in words for afar. */
export interface Overall {
  tone: 'good' | 'warn' | 'bad' | 'stop'
  text: string
  detail: string
}

interface Known {
  connection: ConnectionState
  lostAt: number
  control: ControlState | undefined
  bench: BenchState | undefined
  /** Titles of the turrets whose light is on. */
  emitting: readonly string[]
}

/** The worst that is to be said of the bench, and otherwise that all is well and who has control. */
export function overallOf({ connection, lostAt, control, bench, emitting }: Known): Overall {
  if (connection === 'signed-out') {
    return {
      tone: 'bad',
      text: 'Not let in',
      detail: 'The token of this display is wrong or has ended: make a new link',
    }
  }
  if (connection !== 'connected') {
    return { tone: 'bad', text: 'No connection', detail: `to the bridge since ${hourAndMinute(lostAt)}` }
  }
  if (!control || !bench) return { tone: 'warn', text: 'Waiting', detail: 'for the bridge' }
  const { stop, interlocks, lease } = control
  if (stop.latched) {
    const by = stop.by === undefined ? '' : `by ${personName(stop.by)}`
    const at = stop.at === undefined ? '' : `at ${hourAndMinute(stop.at)}`
    return { tone: 'stop', text: 'Emergency stop', detail: stop.why ?? [by, at].filter(Boolean).join(' ') }
  }
  if (emitting.length > 0) return { tone: 'warn', text: 'Laser on', detail: emitting.join(', ') }
  const open = Object.values(interlocks).filter(({ closed }) => !closed)
  if (open[0]) {
    const detail = open.map(({ title, reason }) => (reason ? `${title}: ${reason}` : title)).join(', ')
    return { tone: 'warn', text: 'Interlock open', detail }
  }
  const devices = Object.values(bench.devices)
  const faulted = devices.filter(({ lifecycle }) => lifecycle.phase === 'faulted')
  if (faulted[0]) {
    const text = faulted.length === 1 ? 'Fault' : `${faulted.length} faults`
    return { tone: 'bad', text, detail: faulted.map(({ title }) => title).join(', ') }
  }
  const opening = devices.filter(({ lifecycle }) => lifecycle.phase === 'opening')
  if (opening[0])
    return { tone: 'warn', text: 'Opening', detail: opening.map(({ title }) => title).join(', ') }
  const detail = lease ? `${personName(lease.name)} has control` : 'nobody has control'
  return { tone: 'good', text: 'All in order', detail }
}
