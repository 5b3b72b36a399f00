import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'

const WAIT_MS = 5000

/**
 * A message as its fields, worked out from the standard by hand: each field's bytes in hex, and what it is. A third
 * element names a value that one of the ends chooses, by that end: what is chosen then stands for the hex.
 */
export type Vector = readonly (readonly [hex: string, field: string, chosen?: Chosen])[]
type End = 'client' | 'server'
type Chosen = `${End}'s ${string}`
/** What is chosen anew with each call. */
const CALL_NUMBER = "client's xid"

/** One message of a dialogue: who sends it, and over which connection. */
export interface Step<Channel extends string> {
  by: End
  on: Channel
  vector: Vector
}

/** A connection of which bytes are taken as they are needed. */
export class Tap {
  readonly socket: Socket
  #received = Buffer.alloc(0)

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => (this.#received = Buffer.concat([this.#received, chunk])))
  }

  /** As many bytes, or those that came until the time was over. */
  async take(count: number): Promise<Buffer> {
    const late = performance.now() + WAIT_MS
    while (this.#received.length < count && performance.now() < late) await sleep(2)
    const bytes = this.#received.subarray(0, count)
    this.#received = this.#received.subarray(bytes.length)
    return bytes
  }

  /** What came and was not taken. */
  get rest(): string {
    return this.#received.toString('hex')
  }
}

/** The test's end of a dialogue with ours: sends its vectors, and compares what it receives with the others'. */
export class Dialogue<Channel extends string> {
  readonly #plays: End
  readonly #tap: (channel: Channel) => Promise<Tap>
  readonly #chosen: Map<string, string>
  #calls = 0

  /** `own` has values that the test's end chooses and cannot choose as the vectors have them, its ports for one. */
  constructor(plays: End, tap: (channel: Channel) => Promise<Tap>, own: Record<string, string> = {}) {
    this.#plays = plays
    this.#tap = tap
    this.#chosen = new Map(Object.entries(own))
  }

  /** What an end has chosen, as a number. */
  chosen(name: Chosen): number {
    return Number.parseInt(this.#chosen.get(name) ?? '', 16)
  }

  async play({ by, on, vector }: Step<Channel>): Promise<void> {
    const tap = await this.#tap(on)
    if (by === this.#plays) tap.socket.write(Buffer.from(this.#say(on, vector), 'hex'))
    else await this.#hear(tap, on, vector)
  }

  async playAll(steps: Step<Channel>[]): Promise<void> {
    for (const step of steps) await this.play(step)
  }

  #say(on: Channel, vector: Vector): string {
    return vector
      .map(([hex, , name]) => {
        if (name === undefined) return plain(hex)
        const key = keyOf(name, on)
        if (name === CALL_NUMBER && this.#plays === 'client')
          this.#chosen.set(key, (++this.#calls).toString(16).padStart(8, '0'))
        else if (!this.#chosen.has(key)) this.#chosen.set(key, plain(hex))
        return this.#chosen.get(key) ?? ''
      })
      .join('')
  }

  async #hear(tap: Tap, on: Channel, vector: Vector): Promise<void> {
    const fields: string[] = []
    const wanted: string[] = []
    for (const [hex, field, name] of vector) {
      const came = (await tap.take(plain(hex).length / 2)).toString('hex')
      const key = name && keyOf(name, on)
      if (key && name && !name.startsWith(this.#plays) && came !== '') this.#chosen.set(key, came)
      fields.push(`${came} ${field}`)
      wanted.push(`${(key && this.#chosen.get(key)) ?? plain(hex)} ${field}`)
      // Behind a wrong length nothing more is worth comparing.
      if (fields.at(-1) !== wanted.at(-1)) break
    }
    expect(fields).toEqual(wanted)
  }
}

/** Each connection has calls of its own. */
function keyOf(name: Chosen, on: string): string {
  return name === CALL_NUMBER ? `${name} on ${on}` : name
}

function plain(hex: string): string {
  return hex.replaceAll(' ', '')
}

/** A server that keeps the connections that are made to it, in order. */
export async function keepConnections(): Promise<
  AsyncDisposable & { port: number; tap(index: number): Promise<Tap> }
> {
  const taps: Tap[] = []
  const server = createServer({ noDelay: true }, (socket) => taps.push(new Tap(socket))).listen(
    0,
    '127.0.0.1',
  )
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async tap(index) {
      await expect.poll(() => taps.length, { timeout: WAIT_MS }).toBeGreaterThan(index)
      return taps[index] as Tap
    },
    async [Symbol.asyncDispose]() {
      for (const { socket } of taps) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
