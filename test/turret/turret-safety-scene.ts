import { BEAT_MS } from '../../shared/control/control.ts'
import { Program } from '../support/process.ts'
import { ask, type Headers } from '../support/people.ts'
import { until } from '../support/lit-bench.ts'
import { Person, type SafetyBench, turret } from './turret-safety-rig.ts'

/** Longer than anything is waited for: nothing but permission ends it in time. */
const LONG = { pulses: 3, pulseMs: 2900, gapMs: 50, powerPercent: 50 }
/** Of a pulse that nobody can end any more, so much is left. */
export const PULSE = { pulses: 6, pulseMs: 300, gapMs: 300, powerPercent: 50 }

/** Light, and whoever answers for it. */
export class Scene implements AsyncDisposable {
  readonly bench: SafetyBench
  readonly #open = new AsyncDisposableStack()
  /** Whoever has begun it, on their page. */
  operator!: Person
  /** Whoever has begun it, in a process of their own. */
  program: Program<true> | undefined
  /** By what the operator is known. */
  headers: Headers
  /** The operator's token, if that is by what they are known. */
  token: string | undefined
  /** The script's, in which it has asked for the burst. */
  readonly request = new AbortController()
  endBeat = (): void => {}
  /** Why the burst has ended, or never began. */
  answer: unknown
  /** When permission was lost, on the clock of hrtime. */
  lostAt: bigint | undefined

  constructor(bench: SafetyBench) {
    this.bench = bench
    this.headers = bench.ada
  }

  /** Permission is lost now: nobody could know of it before. */
  lost(): void {
    this.lostAt = process.hrtime.bigint()
  }

  async come(headers: Headers, page?: string): Promise<Person> {
    return this.#open.use(await Person.come(this.bench.url, headers, page))
  }

  /** Sits down with the lease, and beats: anew, or again after it was lost. */
  async operate(page?: string): Promise<void> {
    this.operator = await this.come(this.headers, page)
    await this.operator.client.call('lease.take', {})
    this.operator.beat()
  }

  async fire(burst: { powerPercent: number }): Promise<void> {
    const { client } = this.operator
    await client.call('laser.enable', turret)
    client.call('laser.fire', { ...turret, ...burst }).catch((error: unknown) => (this.answer = error))
  }

  async startProgram(burst: object): Promise<void> {
    const { cookie = '' } = this.headers
    const args = ['--url', this.bench.url, '--cookie', cookie, '--burst', JSON.stringify(burst)]
    const isReady = (line: string): true | undefined => line === 'firing' || undefined
    this.program = await Program.start('test/support/operator.ts', args, isReady)
    const { program } = this
    this.#open.defer(async () => void (await program.end('SIGKILL')))
  }

  beatBy(beat: () => void): void {
    const beating = setInterval(beat, BEAT_MS)
    this.endBeat = () => clearInterval(beating)
    this.#open.defer(this.endBeat)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#open.disposeAsync()
  }
}

/** Brings about light. */
export type Begin = (scene: Scene) => Promise<void>

export const byHand =
  (burst: { powerPercent: number } = LONG): Begin =>
  async (scene) => {
    await scene.operate()
    await scene.fire(burst)
  }

export const inOwnProcess: Begin = (scene) => scene.startProgram(LONG)

export const byRest: Begin = async (scene) => {
  const { headers } = await scene.bench.token()
  const { url } = scene.bench
  await ask(url, headers, 'lease.take', {})
  scene.beatBy(() => void ask(url, headers, 'lease.beat', { active: true }).catch(() => {}))
  await ask(url, headers, 'lease.beat', { active: true })
  await ask(url, headers, 'laser.enable', turret)
  const body = JSON.stringify({ ...turret, ...LONG })
  const json = { 'content-type': 'application/json', ...headers }
  const { signal } = scene.request
  const path = `${url}/api/commands/laser.fire`
  void fetch(path, { method: 'POST', headers: json, body, signal }).catch(() => {})
}

export const byToken: Begin = async (scene) => {
  const { id, headers } = await scene.bench.token()
  scene.headers = headers
  scene.token = id
  await byHand()(scene)
}

export const byAutoFire: Begin = async (scene) => {
  await scene.operate()
  const { client } = scene.operator
  // What went before may have lost the target.
  await client.call('track.stop', turret)
  await client.call('turret.move', { ...turret, pan: 0, tilt: 0, wait: true })
  if ((await scene.operator.turret()).sight?.calibration.state !== 'valid')
    await client.call('sight.calibrate', turret)
  await client.call('vision.set', { device: 'eye', fps: 30, detectors: { spot: {} } })
  await client.call('laser.enable', turret)
  await client.call('track.start', turret)
  const rules = { withinPx: 40, forMs: 50, belowSpeed: 60, most: 5, mock: false }
  await client.call('autofire.arm', {
    ...turret,
    ...rules,
    burst: { ...LONG, powerPercent: 5 },
    uncheckedCrosshair: true,
  })
}

export const byPattern: Begin = async (scene) => {
  await scene.operate()
  const { client } = scene.operator
  for (const [name, pan] of Object.entries({ one: 1, two: 2 }))
    await client.call('preset.save', { ...turret, name, pan, tilt: 1 })
  const action = { kind: 'pulse' as const, burst: LONG, mock: false }
  const steps = ['one', 'two'].map((preset) => ({ preset, dwellS: 0, action }))
  await client.call('pattern.save', { ...turret, name: 'round', steps, rounds: 0 })
  await client.call('laser.enable', turret)
  await client.call('pattern.run', { ...turret, name: 'round' })
}

/** A window between two pulses of a train. */
export const inGap: Begin = async (scene) => {
  const { light } = scene.bench.sim.events()
  await byHand(PULSE)(scene)
  await until('a gap', () => scene.bench.sim.events().light.length === light.length + 2)
}
