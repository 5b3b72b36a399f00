import type { BenchState } from '../../../shared/bench/bench.ts'
import type { ControlState } from '../../../shared/control/control.ts'
import type { ConnectionState } from '../../link/connection.svelte.ts'
import { emittingDevices, endedDevices } from '../../control/emission.ts'
import { hourAndMinute, personName } from '../../ui/format.ts'
import type { Trouble } from './health.ts'

/** One thing that is to be said of the bench; `note`: it is in order, and worth knowing. */
export interface Reason {
  tone: 'stop' | 'bad' | 'warn' | 'note'
  text: string
  detail: string
}

/** How the bench is, in words for afar: the most pressing, as bad as the worst, and all else that is to be said. */
export interface Overall {
  tone: 'good' | 'warn' | 'bad' | 'stop'
  text: string
  detail: string
  others: Reason[]
}

/** What the state is worked out from, as far as the display knows it. */
export interface Known {
  connection: ConnectionState
  lostAt: number
  control: ControlState | undefined
  bench: BenchState | undefined
  /** What is wrong with devices that are open. */
  troubles: readonly Trouble[]
  /** Watches that fail. */
  failingWatches: number
}

const SEVERITY = ['note', 'warn', 'bad', 'stop'] as const

/** The worst that is to be said of the bench, and otherwise that all is well and who has control. */
export function overallOf(known: Known): Overall {
  const reasons = reasonsOf(known)
  const [first, ...others] = reasons
  if (first && first.tone !== 'note') {
    const worst = Math.max(...reasons.map(({ tone }) => SEVERITY.indexOf(tone)))
    const tone = SEVERITY[worst] as Exclude<Reason['tone'], 'note'>
    return { tone, text: first.text, detail: first.detail, others }
  }
  const lease = known.control?.lease
  const detail = lease ? `${personName(lease.name)} has control` : 'nobody has control'
  return { tone: 'good', text: 'All in order', detail, others: reasons }
}

/** All that is to be said, the most pressing first. */
function reasonsOf({ connection, lostAt, control, bench, troubles, failingWatches }: Known): Reason[] {
  if (connection === 'signed-out') {
    const detail = 'The token of this display is wrong or has ended: make a new link'
    return [{ tone: 'bad', text: 'Not let in', detail }]
  }
  if (connection !== 'connected') {
    const detail = `to the bridge since ${hourAndMinute(lostAt)}`
    return [{ tone: 'bad', text: 'No connection', detail }, ...lightReason(bench, 'Light was on')]
  }
  if (!control || !bench) return [{ tone: 'warn', text: 'Waiting', detail: 'for the bridge' }]
  return [
    ...stopReasons(control, bench),
    ...lightReason(bench, 'Light on'),
    ...guardianReason(bench),
    ...storageReason(bench),
    ...faults(bench),
    ...grouped(troubles.filter(({ tone }) => tone === 'bad')),
    ...failing(failingWatches),
    ...openInterlocks(control),
    ...notOpen(bench),
    ...grouped(troubles.filter(({ tone }) => tone === 'warn')),
    ...notes(bench),
  ]
}

function storageReason({ storage }: BenchState): Reason[] {
  const since = Math.min(...Object.values(storage).map((sickness) => sickness.since))
  if (since === Infinity) return []
  return [
    {
      tone: 'bad',
      text: 'Nothing is recorded',
      detail: `the disk takes nothing since ${hourAndMinute(since)}`,
    },
  ]
}

function stopReasons({ stop }: ControlState, bench: BenchState): Reason[] {
  if (!stop.latched) return []
  const by = stop.by === undefined ? '' : `by ${personName(stop.by)}`
  const at = stop.at === undefined ? '' : `at ${hourAndMinute(stop.at)}`
  const when = [by, at].filter(Boolean).join(' ')
  const detail = [when, stop.why].filter(Boolean).join(': ')
  const unsure = Object.entries(stop.devices).flatMap(([id, { state }]) =>
    state === 'unconfirmed' ? (bench.devices[id]?.title ?? id) : [],
  )
  const reasons: Reason[] = [{ tone: 'stop', text: 'Emergency stop', detail }]
  if (unsure.length > 0) reasons.push({ tone: 'bad', text: 'Not confirmed', detail: unsure.join(', ') })
  return reasons
}

function lightReason(bench: BenchState | undefined, text: string): Reason[] {
  const titles = emittingDevices(bench).map(({ title }) => title)
  return titles.length === 0 ? [] : [{ tone: 'bad', text, detail: titles.join(', ') }]
}

function guardianReason({ guardian }: BenchState): Reason[] {
  if (guardian.state !== 'lost') return []
  const detail = `nothing may emit since ${hourAndMinute(guardian.since)}`
  return [{ tone: 'bad', text: 'Guardian lost', detail }]
}

function faults({ devices }: BenchState): Reason[] {
  const titles = titlesIn(devices, 'faulted')
  const text = titles.length === 1 ? 'Fault' : `${titles.length} faults`
  return titles.length === 0 ? [] : [{ tone: 'bad', text, detail: titles.join(', ') }]
}

function failing(watches: number): Reason[] {
  if (watches === 0) return []
  return [{ tone: 'bad', text: watches === 1 ? 'A watch fails' : `${watches} watches fail`, detail: '' }]
}

function openInterlocks({ interlocks }: ControlState): Reason[] {
  const open = Object.values(interlocks).filter(({ closed }) => !closed)
  const detail = open.map(({ title, reason }) => (reason ? `${title}: ${reason}` : title)).join(', ')
  return open.length === 0 ? [] : [{ tone: 'warn', text: 'Interlock open', detail }]
}

function notOpen({ devices }: BenchState): Reason[] {
  const words = [
    ['opening', 'Opening'],
    ['closed', 'Closed'],
  ] as const
  return words.flatMap(([phase, text]): Reason[] => {
    const titles = titlesIn(devices, phase)
    return titles.length === 0 ? [] : [{ tone: 'warn', text, detail: titles.join(', ') }]
  })
}

/** Troubles of one kind in one breath: `No frames: Slide, Microscope`. */
function grouped(troubles: readonly Trouble[]): Reason[] {
  const byText = Map.groupBy(troubles, ({ text }) => text)
  return [...byText].map(([text, alike]) => ({
    tone: alike[0]?.tone ?? 'warn',
    text,
    detail: alike
      .map(({ title, detail }) => (detail === undefined ? title : `${title}: ${detail}`))
      .join(', '),
  }))
}

function notes(bench: BenchState): Reason[] {
  const ended = endedDevices(bench).map(({ title, ended: { at, why } }): Reason => ({
    tone: 'note',
    text: 'Emission ended',
    detail: `${title} at ${hourAndMinute(at)}: ${why}`,
  }))
  if (bench.guardian.state !== 'without') return ended
  return [
    ...ended,
    { tone: 'note', text: 'No guardian', detail: 'light that is on stays on when the bridge dies' },
  ]
}

function titlesIn(devices: BenchState['devices'], phase: string): string[] {
  return Object.values(devices).flatMap(({ lifecycle, title }) => (lifecycle.phase === phase ? title : []))
}
