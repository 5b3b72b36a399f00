import { Program } from '../program.ts'
import { Controller } from './controller.ts'
import { type Firmware, FIRMWARES } from './firmware.ts'
import { serve } from './server.ts'
import { serveWorld, type World } from './world.ts'

const program =
  new Program(`node simulators/grbl/main.ts [--port 5030] [--host 127.0.0.1] [--travel 200,100] [--from-home 100,50]
  [--backlash 0,0] [--settings 22=0,32=0] [--dwell-step 50] [--reset-ms 5] [--reset-on-connect] [--world 5031]
  [--firmware Grbl|grblHAL|FluidNC] [--boot-ms 8000] [--boot-noise 'ets Jun 8 2016'] [--welcomes 1] [--door-open]
  [--leave-out FS,A] [--memory-ms 0] [--with-parent]`)

function numbers(name: string, text: string, low: number, high: number): number[] {
  const values = text.split(',').map(Number)
  if (text === '' || values.some((value) => !(value >= low && value <= high)))
    program.fail(`--${name} ${text}: give numbers from ${low} to ${high}, with commas between them`)
  return values
}

const { host, ...values } = program.arguments({
  port: { type: 'string', default: '5030' },
  travel: { type: 'string', default: '200,100' },
  'from-home': { type: 'string' },
  backlash: { type: 'string', default: '0,0' },
  settings: { type: 'string', default: '' },
  'dwell-step': { type: 'string' },
  'reset-ms': { type: 'string', default: '5' },
  'reset-on-connect': { type: 'boolean', default: false },
  world: { type: 'string' },
  firmware: { type: 'string', default: 'Grbl' },
  'boot-ms': { type: 'string' },
  'boot-noise': { type: 'string', default: '' },
  welcomes: { type: 'string', default: '1' },
  'door-open': { type: 'boolean', default: false },
  'leave-out': { type: 'string', default: '' },
  'memory-ms': { type: 'string', default: '0' },
})
const firmware =
  FIRMWARES.find((name) => name === values.firmware) ??
  program.fail(`--firmware ${values.firmware}: give one of ${FIRMWARES.join(', ')}`)
/** As each is delivered: FluidNC's dwell is exact. */
const DWELL_STEP_MS: Readonly<Record<Firmware, string>> = { Grbl: '50', grblHAL: '50', FluidNC: '1' }
let world: World | undefined
let power = 0
const travel = numbers('travel', values.travel, 1, 100_000)
const machine = new Controller(
  {
    travel,
    start: values['from-home'] ? numbers('from-home', values['from-home'], 0, 100_000).map((mm) => -mm) : [],
    backlash: numbers('backlash', values.backlash, 0, 10),
    dwellStepMs: program.number('dwell-step', values['dwell-step'] ?? DWELL_STEP_MS[firmware], 1, 255),
    resetMs: program.number('reset-ms', values['reset-ms'], 0, 10_000),
    firmware,
    boot: {
      ms: program.number('boot-ms', values['boot-ms'] ?? values['reset-ms'], 0, 60_000),
      noise: values['boot-noise'],
      welcomes: program.number('welcomes', values.welcomes, 1, 3),
    },
    leftOut: values['leave-out'].split(','),
    memoryMs: program.number('memory-ms', values['memory-ms'], 0, 1000),
  },
  {
    light: (light) => {
      power = light.power
      world?.tell()
      program.say({ light })
    },
    motion: (moving, ns) => program.say({ motion: { moving, ns } }),
    realTime: (byte, ns) => program.say({ realTime: { byte, ns } }),
  },
)
for (const setting of values.settings.split(',').filter((text) => text !== '')) {
  const [number, value] = setting.split('=').map(Number)
  if (machine.settings.store(number ?? NaN, value ?? NaN) !== 0)
    program.fail(`--settings ${setting}: give settings such as 22=0,32=1`)
}
if (!machine.settings.hasBit(22, 0)) machine.state = 'Idle'
if (values['door-open']) {
  machine.state = 'Idle'
  machine.setDoor(true)
}

const port = program.port('port', values.port)
const arm = (fault: string): void => program.say({ fault, known: machine.faults.arm(fault) })
await program.run({ withParent: values['with-parent'], heard: arm }, async () => {
  const opening = new AsyncDisposableStack()
  const server = opening.use(await serve(machine, { host, port, resetOnConnect: values['reset-on-connect'] }))
  if (values.world !== undefined) {
    const { mechanics } = machine.axes
    const read = () => ({ mm: [mechanics.at(0), mechanics.at(1)] as [number, number], power })
    const catchUp = (): void => machine.catchUp()
    world = opening.use(
      await serveWorld({ read, catchUp }, { host, port: program.port('world', values.world) }),
    )
  }
  const said = { ...server.said, ...(world ? { world: world.port } : {}) }
  return Object.assign(opening, { said })
})
