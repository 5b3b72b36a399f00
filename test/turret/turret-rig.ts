import { pino } from 'pino'
import { expect } from 'vitest'
import type { Device } from '../../bridge/device/device.ts'
import type { DeviceMemory } from '../../bridge/core/device-memory.ts'
import { Topic } from '../../bridge/core/topic.ts'
import turretGrbl from '../../bridge/turret/grbl/driver.ts'
import type { BenchError } from '../../shared/wire/errors.ts'
import type { TurretState } from '../../shared/turret/turret.ts'
import { callerAs } from '../support/caller.ts'
import { noGallery } from '../support/gallery.ts'
import { TestMemory } from '../support/device-memory.ts'
import { NotedGuard } from '../support/guard.ts'

const AXES = {
  pan: { axis: 'X', zeroMm: -100, min: -95, max: 95 },
  tilt: { axis: 'Y', zeroMm: -50, min: -45, max: 45 },
}

type Command = keyof Device['commands']

export interface OpenTurret {
  device: Device
  topic: Topic<TurretState>
  state: () => TurretState
  faults: BenchError[]
  /** What the driver says to the guardian, and to the audit. */
  guard: NotedGuard
  deeds: [action: string, message: string][]
  /** Calls a command as an operator would, defaults filled in by hand. */
  call: (name: Command, input?: Record<string, unknown>, signal?: AbortSignal) => Promise<unknown>
}

/** The driver, open on what listens at `resource`. `topic` goes on from an earlier connection. */
export async function openTurret(
  resource: string,
  {
    laser = {},
    topic = turretTopic(),
    memory = new TestMemory(),
    guard = new NotedGuard(),
    ...config
  }: {
    laser?: Record<string, unknown>
    topic?: Topic<TurretState>
    memory?: DeviceMemory
    guard?: NotedGuard
    homeWithinS?: number
  } = {},
): Promise<OpenTurret> {
  const faults: BenchError[] = []
  const deeds: OpenTurret['deeds'] = []
  const settings = turretGrbl.config.parse({ resource, ...AXES, laser, ...config })
  const unused = (): never => expect.unreachable('a turret has neither streams nor traces')
  const device = await turretGrbl.open(settings, {
    id: 'turret',
    signal: new AbortController().signal,
    log: pino({ level: 'silent' }),
    state: topic,
    fault: (error) => faults.push(error),
    stream: unused,
    guard,
    memory,
    did: (action, message) => deeds.push([action, message]),
    publisher: { publish: unused },
    traces: { draft: unused },
    gallery: noGallery,
  })
  return {
    device,
    topic,
    state: () => topic.value,
    faults,
    guard,
    deeds,
    call: (name, input = {}, signal = new AbortController().signal) => {
      const handler = device.commands[name] as
        ((input: unknown, caller: unknown) => Promise<unknown>) | undefined
      if (!handler) throw new Error(`the turret has no ${name}`)
      return handler({ device: 'turret', ...defaults[name], ...input }, callerAs({ signal }))
    },
  }
}

export function turretTopic(): Topic<TurretState> {
  return new Topic<TurretState>('turret/turret', {
    id: 'turret',
    kind: turretGrbl.kind,
    family: 'turret',
    title: 'Turret',
    lifecycle: { phase: 'opening', since: 0 },
  })
}

const defaults: { [K in Command]?: Record<string, unknown> } = {
  'turret.move': { relative: false, wait: false },
  'turret.jog': { pan: 0, tilt: 0 },
  'laser.fire': { pulses: 1, pulseMs: 100, gapMs: 0, powerPercent: 50, mock: false },
}
