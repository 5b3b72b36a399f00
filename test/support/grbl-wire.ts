import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { Program } from './process.ts'

/** What Grbl must be sent, a line or one real-time byte, and what it says to that. */
export type GrblExchange = readonly [sent: string, ...answer: string[]]

/** As Grbl is delivered. */
const DWELL_STEP_MS = 50
const REAL_TIME = /[\x18!~\x80-\xff]/

/**
 * A Grbl that knows just one conversation. `?` is beside it: it is answered with `status` whenever it is asked. A reset
 * makes it forget a line that it has half received. A line that dwells is answered when its dwell is over.
 */
export class GrblReplay implements AsyncDisposable {
  /** What `status` is from the next reset on. */
  statusAfterReset: string | undefined
  status = '<Idle|MPos:0.000,0.000,0.000|FS:0,0|WCO:0.000,0.000,0.000>'
  readonly #server: Server
  readonly #left: GrblExchange[]
  readonly #wrong: string[] = []
  readonly #sockets = new Set<Socket>()
  asked = 0
  #dwell: NodeJS.Timeout | undefined

  private constructor(server: Server, exchanges: readonly GrblExchange[]) {
    this.#server = server
    this.#left = [...exchanges]
  }

  static async listen(exchanges: readonly GrblExchange[]): Promise<GrblReplay> {
    const server = createServer()
    const grbl = new GrblReplay(server, exchanges)
    server.on('connection', (socket) => grbl.#serve(socket))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return grbl
  }

  get resource(): string {
    return `TCPIP::127.0.0.1::${(this.#server.address() as AddressInfo).port}::SOCKET`
  }

  /** What is left to be said, and what was said that should not have been: both empty at the end of a good test. */
  get left(): { unsaid: readonly GrblExchange[]; unexpected: readonly string[] } {
    return { unsaid: this.#left, unexpected: this.#wrong }
  }

  /** Goes on with the conversation. */
  expect(...exchanges: GrblExchange[]): void {
    this.#left.push(...exchanges)
  }

  /** Says something unasked. */
  say(...lines: string[]): void {
    for (const socket of this.#sockets) socket.write(lines.map((line) => `${line}\r\n`).join(''))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    let line = ''
    socket.on('data', (bytes: Buffer) => {
      for (const character of bytes.toString('latin1')) {
        if (character === '?') {
          this.asked += 1
          socket.write(`${this.status}\r\n`)
        } else if (REAL_TIME.test(character)) {
          if (character === '\x18') {
            line = ''
            this.status = this.statusAfterReset ?? this.status
            clearTimeout(this.#dwell)
          }
          this.#heard(character, socket)
        } else if (character === '\n') {
          this.#heard(line, socket)
          line = ''
        } else line += character
      }
    })
  }

  #heard(said: string, socket: Socket): void {
    const [expected, ...answers] = this.#left[0] ?? []
    if (said !== expected) {
      this.#wrong.push(`${JSON.stringify(said)} (expected ${JSON.stringify(expected ?? 'nothing more')})`)
      return
    }
    this.#left.shift()
    const answer = (): void => void socket.write(answers.map((line) => `${line}\r\n`).join(''))
    const seconds = Number(/G4P([\d.]+)/.exec(said)?.[1] ?? 0)
    if (seconds === 0 || answers.length === 0) answer()
    else this.#dwell = setTimeout(answer, Math.ceil((seconds * 1000) / DWELL_STEP_MS) * DWELL_STEP_MS)
  }
}

/** What the simulator has told, with process.hrtime ns as they are the same in every process. */
export interface GrblEvents {
  light: { on: boolean; power: number; ns: bigint }[]
  motion: { moving: boolean; ns: bigint }[]
  realTime: { byte: number; ns: bigint }[]
}

/** A simulated turret in its own process, on a free port of loopback, or on the given one. */
export async function startGrbl(
  args: string[] = [],
  port = 0,
): Promise<
  {
    program: Program<{ port: number; world: number; resource: string }>
    resource: string
    port: number
    /** The port of `--world`, 0 without it. */
    world: number
    events: () => GrblEvents
    fault: (words: string) => void
  } & AsyncDisposable
> {
  const program = await Program.start(
    'simulators/grbl/main.ts',
    ['--port', String(port), ...args],
    (line) => {
      if (!line.startsWith('{"listening"')) return undefined
      const { listening } = JSON.parse(line) as { listening: { port: number; world?: number } }
      const { port: taken, world = 0 } = listening
      return { port: taken, world, resource: `TCPIP::127.0.0.1::${taken}::SOCKET` }
    },
  )
  return {
    program,
    ...program.ready,
    events: () => readEvents(program.output),
    fault: (words) => void program.child.stdin?.write(`${words}\n`),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  }
}

function readEvents(output: readonly string[]): GrblEvents {
  const events: GrblEvents = { light: [], motion: [], realTime: [] }
  for (const line of output) {
    const told = JSON.parse(line) as Record<string, { ns: string }>
    for (const kind of ['light', 'motion', 'realTime'] as const) {
      const event = told[kind]
      if (event) (events[kind] as unknown[]).push({ ...event, ns: BigInt(event.ns) })
    }
  }
  return events
}
