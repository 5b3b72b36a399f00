/** What `?` is answered with. Positions are in the controller's own unit, mm or inches ($13). */
export interface Status {
  /** Idle, Run, Hold, Jog, Alarm, Door, Check, Home or Sleep; the number behind a colon is left out. */
  state: string
  position: readonly number[]
  /** Whether the position is the machine's own; the other kind is off by the newest `offset`. */
  machine: boolean
  offset: readonly number[] | undefined
  feed: number
  /** S of the laser's output now. */
  speed: number
  /** Letters of the pins that are active. */
  pins: string
  /** Percent of the programmed S. */
  spindleOverride: number | undefined
}

export type Message =
  | { kind: 'ok' }
  | { kind: 'error'; number: number }
  | { kind: 'alarm'; number: number }
  | { kind: 'welcome'; version: string }
  | { kind: 'status'; status: Status }
  /** `[…]` and `$…`: what a question is answered with before its ok, or a word by the way. */
  | { kind: 'line'; text: string }

/** One line of what the controller says (Grbl v1.1 interface). */
export function readMessage(line: string): Message {
  if (line === 'ok') return { kind: 'ok' }
  const numbered = /^(error|ALARM):(\d+)/.exec(line)
  if (numbered) return { kind: numbered[1] === 'error' ? 'error' : 'alarm', number: Number(numbered[2]) }
  const welcome = /^Grbl(?:HAL)? (\d\S*)/i.exec(line)
  if (welcome) return { kind: 'welcome', version: welcome[1]! }
  const status = /^<(.*)>$/.exec(line)
  if (status) return { kind: 'status', status: readStatus(status[1]!) }
  return { kind: 'line', text: line }
}

function readStatus(text: string): Status {
  const [state = '', ...rest] = text.split('|')
  const fields = new Map<string, string>()
  for (const field of rest) {
    const colon = field.indexOf(':')
    fields.set(field.slice(0, colon), field.slice(colon + 1))
  }
  const numbers = (name: string): number[] | undefined => fields.get(name)?.split(',').map(Number)
  const machine = fields.has('MPos')
  const [feed = 0, speed = 0] = numbers('FS') ?? numbers('F') ?? []
  return {
    state: state.split(':')[0]!,
    position: numbers(machine ? 'MPos' : 'WPos') ?? [],
    machine,
    offset: numbers('WCO'),
    feed,
    speed,
    pins: fields.get('Pn') ?? '',
    spindleOverride: numbers('Ov')?.[2],
  }
}
