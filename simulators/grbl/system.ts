import type { Controller, Work } from './controller.ts'
import { runBlock, runJog } from './execute.ts'
import { buildReport, modesReport } from './report.ts'

const HELP = '[HLP:$$ $# $G $I $N $x=val $Nx=line $J=line $SLP $C $X $H ~ ! ? ctrl-x]'

/** Executes a `$` line (system_execute_line); answers 0 or the number of the error. */
export function* runSystem(machine: Controller, line: string): Work {
  const say = (lines: readonly string[]): 0 => {
    for (const each of lines) machine.say(each)
    return 0
  }
  if (line.startsWith('$J=')) return yield* runJog(machine, line.slice(3))
  if (line.startsWith('$SIM=')) return machine.faults.arm(line.slice(5)) ? 0 : 3
  const atRest = machine.state === 'Idle' || machine.state === 'Alarm'
  switch (line) {
    case '$':
      return say([HELP])
    case '$$':
      return machine.state === 'Run' ? 8 : say(machine.settings.list())
    case '$G':
      return say([modesReport(machine)])
    case '$X':
      if (machine.state !== 'Alarm') return 0
      machine.state = 'Idle'
      machine.message('Caution: Unlocked')
      return 0
  }
  if (!atRest) return 8
  switch (line) {
    case '$H':
      return machine.settings.hasBit(22, 0) ? yield* machine.home() : 5
    case '$I':
      return say(buildReport(machine))
    case '$N':
      return say(machine.settings.startup.map((block, i) => `$N${i}=${block}`))
    case '$#':
      return say(['[G54:0.000,0.000,0.000]', '[G92:0.000,0.000,0.000]', '[TLO:0.000]'])
    case '$SLP':
      machine.say('ok')
      machine.sleep()
      return undefined
  }
  const startup = /^\$N([01])=(.*)$/.exec(line)
  if (startup) {
    if (machine.state !== 'Idle') return 8
    const status = startup[2] === '' ? 0 : yield* runBlock(machine, startup[2]!)
    if (status === 0) machine.settings.startup[startup[1] === '0' ? 0 : 1] = startup[2]!
    return status
  }
  const setting = /^\$(\d+)=([-+]?[\d.]+)$/.exec(line)
  if (!setting) return 3
  machine.writeMemory()
  return machine.settings.store(Number(setting[1]), Number(setting[2]))
}
