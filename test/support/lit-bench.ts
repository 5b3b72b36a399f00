import { setTimeout as sleep } from 'node:timers/promises'
import type { CommandName } from '../../shared/commands.ts'
import { BEAT_MS, type ControlState } from '../../shared/control/control.ts'
import { startCtp10, startLaser } from './bench-process.ts'
import { startGrbl } from './grbl-wire.ts'
import { Client } from './socket.ts'

const WAIT_MS = 20_000
/** A page that asks more often runs out of calls. */
export const ASK_EVERY_MS = 50
const PAN = { axis: 'X', zeroMm: -100, min: -95, max: 95 }
const TILT = { axis: 'Y', zeroMm: -50, min: -45, max: 45 }
/** Nothing but what is tested is to end a pulse. */
const LASER = { longestPulseMs: 10_000, cooldownMs: 0, dutyPercent: 100 }

/** The instruments that the guardian is tried with, each a program of its own, which goes on whatever happens to the bridge. */
export type Instrument = 'ctp10' | 'laser' | 'turret'

/** Asks every 5 ms, or as often as is said, until it is so. Throws after 20 s. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  everyMs = 5,
): Promise<void> {
  const end = performance.now() + WAIT_MS
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`${what}: not within ${WAIT_MS / 1000} s`)
    await sleep(everyMs)
  }
}

/** Simulated instruments that tell when light comes and goes, on the clock of hrtime. */
export class LitInstruments implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack()
  ctp10!: Awaited<ReturnType<typeof startCtp10>>
  laser!: Awaited<ReturnType<typeof startLaser>>
  turret!: Awaited<ReturnType<typeof startGrbl>>

  static async start(): Promise<LitInstruments> {
    const instruments = new LitInstruments()
    const stack = instruments.#stack
    const [ctp10, laser, turret] = await Promise.all([
      startCtp10(),
      startLaser(),
      startGrbl(['--settings', '22=0']),
    ])
    Object.assign(instruments, {
      ctp10: stack.use(ctp10),
      laser: stack.use(laser),
      turret: stack.use(turret),
    })
    return instruments
  }

  /** The devices of a bench that has them. */
  get devices(): Record<Instrument, Record<string, unknown>> {
    return {
      ctp10: { driver: 'instrument.exfo-ctp10', resource: this.ctp10.ready.resource },
      laser: {
        driver: 'instrument.scpi',
        model: 'lightbench-test-laser',
        resource: this.laser.ready.resource,
      },
      turret: { driver: 'turret.grbl', resource: this.turret.resource, pan: PAN, tilt: TILT, laser: LASER },
    }
  }

  /** When each change of the instrument's light was, and what to. */
  lightOf(instrument: Instrument): { on: boolean; atNs: bigint }[] {
    if (instrument === 'turret')
      return this.turret.events().light.map(({ power, ns }) => ({ on: power > 0, atNs: ns }))
    return this[instrument].output
      .filter((line) => line.startsWith('{"emission"'))
      .map((line) => JSON.parse(line) as { emission: boolean; atNs: string })
      .map(({ emission, atNs }) => ({ on: emission, atNs: BigInt(atNs) }))
  }

  isLit(instrument: Instrument): boolean {
    return this.lightOf(instrument).at(-1)?.on === true
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync()
  }
}

/** A bench with these instruments, and somebody who operates it. */
export abstract class LitBench {
  readonly instruments: LitInstruments
  #client: Client | undefined
  #beating: NodeJS.Timeout | undefined

  constructor(instruments: LitInstruments) {
    this.instruments = instruments
  }

  /** Where its bridge is. */
  abstract get url(): string

  /** An operator's page that beats, and the devices ready. */
  async operate(): Promise<Client> {
    await this.ready()
    const client = await Client.operate(this.url)
    this.#client = client
    const beat = (): void => void client.ask('lease.beat', { active: true }).catch(() => {})
    beat()
    this.#beating = setInterval(beat, BEAT_MS)
    return client
  }

  /** The operator gives the lease back, if the bridge still listens, and is gone. */
  async leave(): Promise<void> {
    clearInterval(this.#beating)
    const client = this.#client
    this.#client = undefined
    if (client?.socket.connected) await client.ask('lease.release', {}).catch(() => {})
    client?.[Symbol.dispose]()
  }

  /** Every device is open. */
  async ready(): Promise<void> {
    await until('every device is ready', async () => {
      const { devices } = (await this.get('health')) as { devices?: Record<string, string> }
      return devices !== undefined && Object.values(devices).every((phase) => phase === 'ready')
    })
  }

  get(path: string): Promise<unknown> {
    return fetch(`${this.url}/${path}`).then((response) => response.json())
  }

  async topic<T>(name: string): Promise<T> {
    using client = await Client.connect(this.url)
    return (await client.call('topic.read', { topic: name })).snapshot as T
  }

  control(): Promise<ControlState> {
    return this.topic('control')
  }

  /** Switches all light on, a pulse of 5 s in the case of the turret, and waits until each instrument emits. */
  async light(client: Client, which: readonly Instrument[] = ['ctp10', 'laser', 'turret']): Promise<void> {
    // What it is set to is learnt after it is ready; a machine that is held up lets a heartbeat lapse in between.
    const done = async (name: CommandName, input: object): Promise<void> => {
      let refused: string | undefined
      const ask = async (): Promise<boolean> => {
        const result = await client.ask(name, input)
        refused = result.ok ? undefined : result.error.message
        return result.ok
      }
      await until(name, ask, ASK_EVERY_MS).catch((cause: unknown) => {
        throw new Error(`${name}: ${refused ?? 'no answer'}`, { cause })
      })
    }
    const calls = {
      ctp10: () => done('ctp.laserOn', { device: 'ctp10', laser: 1 }),
      laser: () => done('instrument.emit', { device: 'laser', setting: 'output', value: true }),
      turret: async () => {
        await done('laser.enable', { device: 'turret' })
        const burst = { pulses: 1, pulseMs: 5000, gapMs: 0, powerPercent: 50, mock: false }
        void client.ask('laser.fire', { device: 'turret', ...burst }).catch(() => {})
      },
    }
    await Promise.all(which.map((instrument) => calls[instrument]()))
    for (const instrument of which)
      await until(`${instrument} emits`, () => this.instruments.isLit(instrument))
  }

  /** How long after `sinceNs` each instrument went dark, ms. */
  async darkAfter(
    sinceNs: bigint,
    which: readonly Instrument[] = ['ctp10', 'laser', 'turret'],
  ): Promise<Record<string, number>> {
    const after: Record<string, number> = {}
    for (const instrument of which) {
      await until(`${instrument} is dark`, () => !this.instruments.isLit(instrument))
      const off = this.instruments.lightOf(instrument).at(-1)
      after[instrument] = Number((off?.atNs ?? 0n) - sinceNs) / 1e6
    }
    return after
  }
}
