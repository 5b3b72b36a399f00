import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, it, vi } from 'vitest'
import { safePlan, type SafePlan } from '../../bridge/core/safe-plan.ts'
import { Keeper } from '../../bridge/guardian/keeper.ts'

/** An instrument with one output, which hears lines and answers one question. */
class Supply implements AsyncDisposable {
  readonly heard: string[] = []
  readonly connections = new Set<Socket>()
  /** How many connections it takes at once. */
  most = Infinity
  on = true
  /** It obeys only after so many commands, and has an error for each before. */
  deafTo = 0
  readonly #errors: string[] = []
  /** What it is asked with `LATE?` it answers so much later. */
  lateMs = 0
  opened = 0
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket) => this.#serve(socket))
  }

  static async start(): Promise<Supply> {
    const server = createServer()
    const supply = new Supply(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return supply
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  plan(change: Partial<SafePlan> = {}): SafePlan {
    return safePlan.parse({
      resource: `TCPIP::127.0.0.1::${this.port}::SOCKET`,
      guard: 'standby',
      messages: ['OUTP1 OFF\n', 'OUTP2 OFF\n'],
      proofs: [{ ask: 'OUTP?\n', safe: '^0$' }],
      ...change,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.connections) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #serve(socket: Socket): void {
    socket.on('error', () => {})
    if (this.connections.size >= this.most) {
      socket.destroy()
      return
    }
    this.connections.add(socket)
    this.opened += 1
    socket.on('close', () => this.connections.delete(socket))
    let text = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) {
        this.heard.push(line)
        if (line === 'OUTP?') socket.write(this.on ? '1\n' : '0\n')
        else if (line === 'LATE?') setTimeout(() => socket.writable && socket.write('0\n'), this.lateMs)
        else if (line === 'ERR?') socket.write(`${this.#errors.shift() ?? '0,"No error"'}\n`)
        else if (line === 'OUTP2 OFF') {
          if (--this.deafTo < 0) this.on = false
          else this.#errors.push('-222,"Data out of range"')
        }
      }
    })
  }
}

const open: AsyncDisposable[] = []
async function supply(): Promise<Supply> {
  const started = await Supply.start()
  open.push(started)
  return started
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each[Symbol.asyncDispose]()))
})

it('connects when the device may emit, and has nothing to say until it acts', async () => {
  const device = await supply()
  const keeper = new Keeper('supply', device.plan())
  keeper.allow({ emit: true, move: false })
  await vi.waitFor(() => expect(device.connections.size).toBe(1))
  keeper.allow({ emit: false, move: false })
  await vi.waitFor(() => expect(device.connections.size).toBe(0))
  expect(device.heard).toEqual([])
})

it('sends every safe message by itself over the connection that stands by, and believes two read-backs 300 ms apart', async () => {
  const device = await supply()
  const keeper = new Keeper('supply', device.plan())
  keeper.allow({ emit: true, move: false })
  await vi.waitFor(() => expect(device.connections.size).toBe(1))
  const begun = performance.now()
  const outcome = await keeper.makeSafe()
  expect(outcome).toMatchObject({ state: 'proven' })
  expect(performance.now() - begun).toBeGreaterThan(299)
  expect(device.heard.slice(0, 3)).toEqual(['OUTP1 OFF', 'OUTP2 OFF', 'OUTP?'])
  expect(device.heard.filter((line) => line === 'OUTP?').length).toBeGreaterThan(1)
  keeper.close()
})

it('says it again until the device says that it is off', async () => {
  const device = await supply()
  device.deafTo = 3
  const outcome = await new Keeper('supply', device.plan()).makeSafe()
  expect(outcome).toMatchObject({ state: 'proven' })
  expect(device.heard.filter((line) => line === 'OUTP2 OFF')).toHaveLength(4)
})

it('takes over a device that takes one connection, as soon as the other is gone', async () => {
  const device = await supply()
  device.most = 1
  const keeper = new Keeper('supply', device.plan({ guard: 'takeover', clearing: '\n' }))
  const bridge = connect(device.port, '127.0.0.1')
  await vi.waitFor(() => expect(device.connections.size).toBe(1))
  keeper.allow({ emit: true, move: false })
  bridge.write('OUTP1 O')
  const making = keeper.makeSafe()
  expect(device.heard).toEqual([])
  bridge.destroy()
  expect(await making).toMatchObject({ state: 'proven' })
  expect(device.heard.slice(0, 3)).toEqual(['', 'OUTP1 OFF', 'OUTP2 OFF'])
})

it('names a device that says nothing, or that cannot be reached', async () => {
  const device = await supply()
  const mute = device.plan({ proofs: [{ ask: 'NEVER?\n', answer: '', safe: '^0$', deadlineMs: 300 }] })
  expect(await new Keeper('supply', mute, 1000).makeSafe()).toMatchObject({
    state: 'sent',
    reason: 'it does not answer NEVER?',
  })
  const gone = { ...device.plan(), resource: 'TCPIP::127.0.0.1::1::SOCKET' }
  expect(await new Keeper('supply', gone, 300).makeSafe()).toMatchObject({
    state: 'failed',
    reason: 'it cannot be connected to',
  })
})

it('sends twice what no answer can prove, and says so', async () => {
  const device = await supply()
  const outcome = await new Keeper('supply', device.plan({ proofs: [] })).makeSafe()
  expect(outcome).toMatchObject({ state: 'sent', reason: 'it cannot say whether it is safe' })
  await vi.waitFor(() => expect(device.heard).toEqual(['OUTP1 OFF', 'OUTP2 OFF', 'OUTP1 OFF', 'OUTP2 OFF']))
})

it('gives no late answer to the next question: it connects anew, and asks there', async () => {
  const device = await supply()
  device.lateMs = 300
  const questions = ['OUTP?\n', 'LATE?\n'].map((ask) => ({ ask, answer: '', safe: '^0$', deadlineMs: 200 }))
  const outcome = await new Keeper('supply', device.plan({ proofs: questions }), 1500).makeSafe()
  expect(outcome).toMatchObject({ state: 'sent', reason: 'it does not answer LATE?' })
  expect(device.opened).toBeGreaterThan(1)
})

it('sends the messages again before it asks an error queue again, and believes no queue that was emptied before', async () => {
  const device = await supply()
  device.deafTo = Infinity
  const queue = [{ ask: 'ERR?\n', answer: '', safe: '^0,', once: true }]
  const outcome = await new Keeper('supply', device.plan({ proofs: queue }), 1000).makeSafe()
  expect(outcome).toMatchObject({ state: 'sent', reason: expect.stringMatching(/-222/) as string })
})
