import { expect, it } from 'vitest'
import { PortWriter } from '../../web/instrument/serial/port-writer.ts'

/** A serial port's stream whose line takes a write when it is told to; what it has taken is in `taken`. */
class Line {
  readonly begun: string[] = []
  readonly taken: string[] = []
  readonly stream: WritableStream<Uint8Array>
  #go: (() => void)[] = []
  #broken = false

  constructor() {
    this.stream = new WritableStream({
      write: async (bytes) => {
        const text = new TextDecoder('latin1').decode(bytes)
        this.begun.push(text)
        await new Promise<void>((resolve) => this.#go.push(resolve))
        if (this.#broken) throw new Error('the port is gone')
        this.taken.push(text)
      },
    })
  }

  /** The write that is under way has left. */
  async take(): Promise<void> {
    await expect.poll(() => this.#go.length).toBe(1)
    this.#go.shift()?.()
  }

  unplug(): Promise<void> {
    this.#broken = true
    return this.take()
  }
}

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))

it('writes in order, and says of each when the port has taken it', async () => {
  const line = new Line()
  const writer = new PortWriter(line.stream, () => {})
  const written: string[] = []
  for (const text of ['*IDN?\n', 'OUTP ON\n']) writer.write(bytes(text), () => written.push(text))
  await line.take()
  await expect.poll(() => written).toEqual(['*IDN?\n'])
  await line.take()
  await expect.poll(() => written).toEqual(['*IDN?\n', 'OUTP ON\n'])
})

it('makes safe after one write at most, however many wait, and drops those', async () => {
  const line = new Line()
  const writer = new PortWriter(line.stream, () => {})
  const written: string[] = []
  const texts = Array.from({ length: 100 }, (_, i) => `VOLT ${i}\n`)
  for (const text of texts) writer.write(bytes(text), () => written.push(text))
  await expect.poll(() => line.begun).toEqual(['VOLT 0\n'])
  let safe = false
  const made = writer.makeSafe([bytes('OUTP1 OFF\r'), bytes('OUTP2 OFF\r')]).then(() => (safe = true))
  await line.take()
  await line.take()
  expect(safe).toBe(false)
  await line.take()
  await made
  expect(line.taken).toEqual(['VOLT 0\n', 'OUTP1 OFF\r', 'OUTP2 OFF\r'])
  // The bridge counts what the port owes it: what is dropped is owed no more.
  expect(written).toHaveLength(texts.length)
})

it('goes on afterwards', async () => {
  const line = new Line()
  const writer = new PortWriter(line.stream, () => {})
  const made = writer.makeSafe([bytes('!')])
  writer.write(bytes('?'), () => {})
  await line.take()
  await made
  await line.take()
  await expect.poll(() => line.taken).toEqual(['!', '?'])
})

it('says that the port takes nothing any more, and makes safe without a word then', async () => {
  const line = new Line()
  const failures: unknown[] = []
  const writer = new PortWriter(line.stream, (error) => failures.push(error))
  writer.write(bytes('*IDN?\n'), () => {})
  await line.unplug()
  await expect.poll(() => failures).toHaveLength(1)
  await writer.makeSafe([bytes('OUTP OFF\n')])
  expect(line.taken).toEqual([])
})
