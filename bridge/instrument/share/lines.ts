import { type Command } from '../../../shared/wire/command.ts'
import { commands } from '../../../shared/commands.ts'
import { BenchError } from '../../../shared/wire/errors.ts'
import type { LineState } from '../../../shared/instrument/journal.ts'
import { topicName } from '../../../shared/topics.ts'
import { epochMsOf, monotonicMsOf } from '../../core/clock.ts'
import type { Caller, Handlers } from '../../device/device.ts'
import type { Logger } from '../../core/log.ts'
import { Topic } from '../../core/topic.ts'
import { Line } from '../scpi/line.ts'
import type { Route } from '../../server/route.ts'
import { Answers } from './answers.ts'
import type { ShareConfig } from './config.ts'
import { Console } from './console.ts'
import { lineRoutes } from './routes.ts'
import { SharedPort } from './shared-port.ts'

const TICK_MS = 250
/** Whoever has the line for longer than this is shown. */
const HOLDS_MS = 200

/** What of a device matters here. */
interface LineDevice {
  id: string
  /** The device's topic, by which its driver finds the same line. */
  state: object
  console: boolean
  share?: ShareConfig | undefined
}

interface LinesOptions {
  devices: readonly LineDevice[]
  addTopic: (topic: Topic<LineState>) => Topic<LineState>
  /** Throws unless the call may act now, as of `Control.permit`. */
  permit: (command: Command, input: Record<string, unknown>, caller: Caller) => void
  /** The same for what has begun, as of `Control.still`. */
  mayContinue: (command: Command, input: Record<string, unknown>, caller: Caller) => void
  /** As of `Control.whyNotFor`. */
  whyNot: (device: string, despiteLease: boolean) => BenchError | undefined
  /** As of `Control.endLight`. */
  endLight: (device: string, who: string) => void
  log: Logger
}

interface Entry {
  device: LineDevice
  line: Line
  console: Console
  topic: Topic<LineState>
  port: SharedPort | undefined
}

/** The instruments' lines: their journals, consoles and shared ports. */
export class Lines implements AsyncDisposable {
  readonly #entries = new Map<string, Entry>()
  readonly #answers = new Answers()
  readonly #options: LinesOptions
  #timer: NodeJS.Timeout | undefined

  private constructor(options: LinesOptions) {
    this.#options = options
    const acting: Command = { ...commands['console.send'], lease: true }
    const emitting: Command = { ...acting, emits: true }
    for (const device of options.devices) {
      const line = Line.of(device.state)
      const console = new Console({
        device: device.id,
        line,
        answers: this.#answers,
        allowed: device.console,
        permit: (caller, emits) => options.permit(emits ? emitting : acting, { device: device.id }, caller),
        mayContinue: (caller, emits) =>
          options.mayContinue(emits ? emitting : acting, { device: device.id }, caller),
      })
      const topic = options.addTopic(
        new Topic<LineState>(topicName('line', device.id), {
          id: device.id,
          open: false,
          clients: {},
          console: device.console,
          journal: { newest: 0, errors: 0 },
        }),
      )
      this.#entries.set(device.id, { device, line, console, topic, port: undefined })
    }
  }

  /** Begins to share what is to be shared. Rejects with `config.invalid` when a port is taken. */
  static async open(options: LinesOptions): Promise<Lines> {
    const lines = new Lines(options)
    try {
      for (const entry of lines.#entries.values()) await lines.#share(entry)
    } catch (error) {
      await lines[Symbol.asyncDispose]()
      throw error
    }
    lines.#timer = setInterval(() => lines.#tick(), TICK_MS)
    return lines
  }

  get handlers(): Handlers {
    return {
      'journal.read': async ({ device, after, before, limit, ...filter }) => {
        const { journal } = this.#of(device).line
        return { ...journal.read(filter, { after, before, limit }), newest: journal.newest }
      },
      'console.send': async ({ device, text, deadlineMs }, caller) => ({
        exchanges: await this.#of(device).console.send(text, deadlineMs, caller),
      }),
      'console.describe': async ({ device }) => {
        const { headers, errorQueue } = this.#of(device).line.dialect
        return { headers: [...headers], errorQueue }
      },
    }
  }

  get routes(): Route[] {
    return lineRoutes((device) => this.#of(device).line.journal, this.#answers)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all([...this.#entries.values()].map(async ({ port }) => port?.[Symbol.asyncDispose]()))
  }

  #of(device: string): Entry {
    const entry = this.#entries.get(device)
    if (entry) return entry
    const known = [...this.#entries.keys()].join(', ') || 'none'
    throw new BenchError('device.unknown', `there is no instrument "${device}"; there are ${known}`, {
      device,
    })
  }

  async #share(entry: Entry): Promise<void> {
    const { id, share } = entry.device
    if (!share) return
    const log = this.#options.log.child({ device: id })
    const whyNot = (acts: boolean): BenchError | undefined => this.#options.whyNot(id, acts)
    const endLight = (who: string): void => this.#options.endLight(id, who)
    const { line } = entry
    entry.port = await SharedPort.open({ device: id, line, config: share, log, whyNot, endLight })
    entry.topic.put({ share: entry.port.address })
  }

  #tick(): void {
    for (const { line, topic, port } of this.#entries.values()) {
      port?.hub.tick()
      const { session, journal, keeper } = line
      topic.put({
        open: session !== undefined,
        peer: session?.peer,
        holder: session && holderOf(session.serving),
        lock: keeper && { who: keeper.who, until: keeper.until },
        clients: port ? clientsOf(port) : {},
        journal: { newest: journal.newest, errors: journal.errors },
      })
    }
  }
}

function holderOf(serving: NonNullable<Line['session']>['serving']): LineState['holder'] {
  if (!serving) return undefined
  const { lane, asker, since } = serving
  const ms = performance.now() - since
  if (ms < HOLDS_MS) return undefined
  return { lane, by: asker.by, who: asker.who, since: Math.round(epochMsOf(monotonicMsOf(since))) }
}

function clientsOf({ hub }: SharedPort): LineState['clients'] {
  return Object.fromEntries(
    hub.guests.map(({ number, who, wire, acts, since, waiting }) => [
      String(number),
      { who, wire, acts, since, waiting },
    ]),
  )
}
