/** What `?` is answered with. Positions are in the controller's own unit, mm or inches ($13). */
export interface Status {
  /** Idle, Run, Hold, Jog, Alarm, Door, Check, Home or Sleep; grblHAL has Tool besides. */
  state: string
  /** The number behind the colon: of Hold and Door, how far it has come; of an alarm, which. */
  substate: number | undefined
  position: readonly number[]
  /** Whether the position is the machine's own; the other kind is off by the newest `offset`. */
  machine: boolean
  offset: readonly number[] | undefined
  feed: number
  /** S of the laser's output now; undefined in a report that does not say, which proves nothing. */
  speed: number | undefined
  /** Letters of what is on, S and C for the laser; undefined in a report that does not say. */
  accessories: string | undefined
  /** Whether the controller itself says that its axes are homed (grblHAL); undefined where it does not say. */
  homed: boolean | undefined
  /** Letters of the pins that are active. */
  pins: string
  /** Percent of the programmed S. */
  spindleOverride: number | undefined
}

/** A report without its brackets; undefined for one that was torn, or lost bytes, as far as that can be seen. */
export function readStatus(text: string): Status | undefined {
  const [head = '', ...rest] = text.split('|')
  const named = /^([A-Z][a-z]+)(?::(\d+))?$/.exec(head)
  if (!named) return undefined
  const fields = new Map<string, string>()
  for (const field of rest) {
    const colon = field.indexOf(':')
    fields.set(field.slice(0, colon), field.slice(colon + 1))
  }
  const numbers = (name: string): number[] | undefined => fields.get(name)?.split(',').map(Number)
  const machine = fields.has('MPos')
  const position = numbers(machine ? 'MPos' : 'WPos')
  const offset = numbers('WCO')
  const rates = numbers('FS')
  const [feed = 0] = rates ?? numbers('F') ?? []
  const all = [...(position ?? [NaN]), ...(offset ?? []), ...(rates ?? []), feed]
  if (all.some((value) => !Number.isFinite(value))) return undefined
  return {
    state: named[1]!,
    substate: named[2] === undefined ? undefined : Number(named[2]),
    position: position!,
    machine,
    offset,
    feed,
    speed: rates?.[1],
    accessories: fields.get('A'),
    homed: fields.has('H') ? fields.get('H')!.startsWith('1') : undefined,
    pins: fields.get('Pn') ?? '',
    spindleOverride: numbers('Ov')?.[2],
  }
}

/** Whether the controller says that light is on, or may be: whoever ordered that. */
export function emits({ speed, accessories }: Status): boolean {
  return (speed ?? 0) > 0 || /[SC]/.test(accessories ?? '')
}

/** Whether the report proves that no light is on. One without FS: proves nothing. */
export function isDark(status: Status): boolean {
  return status.speed === 0 && !emits(status)
}

/** Whether something turns: Hold:1 and Door:2 still brake, Door:3 goes back to where it was (Grbl v1.1 interface). */
export function moves({ state, substate, feed }: Status): boolean {
  if (state === 'Hold') return substate === undefined ? feed > 0 : substate !== 0
  if (state === 'Door') return substate === 2 || substate === 3
  return state === 'Jog' || state === 'Run' || state === 'Home'
}

/** The state as the controller writes it: `Hold:0`. */
export function stateWord({ state, substate }: Status): string {
  return substate === undefined ? state : `${state}:${substate}`
}
