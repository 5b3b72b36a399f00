import type { CameraState } from '../../../shared/camera/camera.ts'
import type { CommandName, InputOf, OutputOf } from '../../../shared/commands.ts'
import type { Direction, TurretState } from '../../../shared/turret/turret.ts'
import { seenIn, type Thing, visionStream } from '../../../shared/camera/vision.ts'
import { call } from '../../link/call.ts'
import { mayNot } from '../../link/control.svelte.ts'
import { openStream, type OpenStream } from '../../link/stream.ts'
import { attempt, toasts } from '../../ui/toasts.svelte.ts'
import { followTopic, type Topic } from '../../link/topic.svelte.ts'
import { Jogger } from '../motion/jogger.ts'
import { lightPhase, type LightPhase, missingForLight, type Need, obstacle } from '../laser/reasons.ts'
import { SeenLog } from './seen-log.ts'

const WINDOW = 8
/** A list that changed with every frame could not be clicked. */
const LIST_EVERY_MS = 400

/** What a click on the picture does. */
export type ClickMode = 'point' | 'target' | 'crosshair' | 'landmark'

/** degrees/s: no page asks for more. */
export const MOST_SPEED = 60

/** One turret as its page shows it, and what the parts of the page share. */
export class TurretView {
  readonly id: string
  readonly topic: Topic<TurretState>
  readonly jogger: Jogger
  readonly seen = new SeenLog()
  /** Its camera as far as that is known, and whether that is history. */
  camera = $state.raw<CameraState>()
  cameraStale = $state(true)
  /** What is seen now, for lists. */
  things = $state.raw<Thing[]>([])
  clickMode = $state<ClickMode>('point')
  /** Of a held arrow, degrees/s. */
  speed = $state(10)
  /** What all hands together ask for just now, degrees/s. */
  wish = $state.raw<Direction>({ pan: 0, tilt: 0 })
  /** What this page has asked for and is not answered yet. */
  pending = $state.raw<readonly CommandName[]>([])
  /** Hears of every packet of what is seen. */
  onSeen: () => void = () => {}
  #stream: OpenStream | undefined
  #listedAt = 0

  constructor(id: string) {
    this.id = id
    this.topic = followTopic('turret', id)
    this.jogger = new Jogger({
      jog: (velocity) => call('turret.jog', { device: id, ...velocity }),
      halt: () => call('turret.halt', { device: id }),
      failed: (error) => toasts.report(error),
      changed: (velocity) => (this.wish = velocity),
      fastest: () => MOST_SPEED,
    })
  }

  get state(): TurretState | undefined {
    return this.topic.value
  }

  /** Whether light can come out, and what keeps this page from firing. Reactive. */
  get light(): { phase: LightPhase; missing: readonly string[] } {
    const missing = missingForLight(this.state, this.topic.stale, mayNot('laser.fire', this.id))
    const phase = lightPhase(this.state, this.topic.stale)
    // Ready is the laser; whether this page may fire it is another matter, and both have to be so.
    return { phase: phase === 'ready' && missing.length > 0 ? 'blocked' : phase, missing }
  }

  /** Why the command may not be given now; undefined when it may. Reactive. */
  why(name: CommandName, need: Need = 'ready'): string | undefined {
    const gone = obstacle(this.state, this.topic.stale, 'ready')
    if (gone) return gone
    if (this.pending.includes(name)) return 'Being done'
    return mayNot(name, this.id) ?? obstacle(this.state, this.topic.stale, need)
  }

  /** Gives a command and shows what it fails with. Its answer, or undefined when it failed. */
  async give<K extends CommandName>(
    name: K,
    input: Omit<InputOf<K>, 'device'>,
    deadlineMs = 10_000,
  ): Promise<OutputOf<K> | undefined> {
    let answer: OutputOf<K> | undefined
    await attempt(async () => {
      answer = await this.ask(name, input, deadlineMs)
    })
    return answer
  }

  /** The same, and throws what it fails with. */
  async ask<K extends CommandName>(
    name: K,
    input: Omit<InputOf<K>, 'device'>,
    deadlineMs = 10_000,
  ): Promise<OutputOf<K>> {
    this.pending = [...this.pending, name]
    try {
      return await call(name, { ...input, device: this.id } as InputOf<K>, { deadlineMs })
    } finally {
      const one = this.pending.indexOf(name)
      this.pending = this.pending.filter((_, i) => i !== one)
    }
  }

  /** Receives what is seen in this camera; the answer ends that. */
  look(camera: string): () => void {
    this.seen.clear()
    this.#stream = openStream(visionStream(camera), WINDOW, (packet) => {
      this.seen.add(seenIn(packet))
      this.onSeen()
      const now = performance.now()
      if (now - this.#listedAt < LIST_EVERY_MS) return
      this.#listedAt = now
      this.things = this.seen.newest?.things ?? []
    })
    return () => {
      this.#stream?.close()
      this.#stream = undefined
      this.things = []
    }
  }

  /** Ends everything, a jog first. */
  close(): void {
    this.jogger.releaseAll()
    this.topic.dispose()
  }
}
