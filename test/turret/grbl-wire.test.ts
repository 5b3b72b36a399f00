import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { GrblWire, RESET, type WireEvents } from '../../bridge/turret/grbl/wire.ts'
import { tcpTransport } from '../../bridge/transport/tcp.ts'

/** A wire to a controller that is played by hand. */
async function wire(events: Partial<WireEvents> = {}) {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const connected = once(server, 'connection') as Promise<[Socket]>
  const grbl = await GrblWire.open(
    tcpTransport('127.0.0.1', (server.address() as AddressInfo).port),
    'turret',
    {
      status: () => {},
      alarm: () => {},
      line: () => {},
      restarted: () => {},
      outOfStep: () => {},
      lost: () => {},
      ...events,
    },
    new AbortController().signal,
  )
  const [socket] = await connected
  let heard = ''
  socket.on('data', (bytes: Buffer) => (heard += bytes.toString('latin1')))
  onTestFinished(() => {
    grbl[Symbol.dispose]()
    socket.destroy()
    server.close()
  })
  return { grbl, say: (text: string) => socket.write(text), heard: () => heard, socket }
}

it('has no more than the receive buffer’s bytes under way, and sends on as lines are answered', async () => {
  const { grbl, say, heard } = await wire()
  const line = `G4P0.${'1'.repeat(24)}`
  const answers = Array.from({ length: 10 }, () => grbl.send(line))
  await expect.poll(() => heard().length).toBe(4 * 30)
  expect(grbl.unanswered).toBe(120)
  say('ok\r\n')
  await expect.poll(() => heard().length).toBe(5 * 30)
  for (let i = 0; i < 9; i++) {
    say('ok\r\n')
    await expect.poll(() => heard().length).toBe(Math.min(10, 6 + i) * 30)
  }
  await Promise.all(answers)
  expect(grbl.unanswered).toBe(0)
})

it('gives each line what was said before its ok, and its error in words', async () => {
  const { grbl, say } = await wire()
  const settings = grbl.send('$$')
  const wrong = grbl.send('G99')
  say('$0=10\r\n$1=25\r\n<Idle|MPos:0,0,0>\r\n[MSG:Caution]\r\nok\r\nerr')
  expect(await settings).toEqual(['$0=10', '$1=25'])
  say('or:20\r\n')
  await expect(wrong).rejects.toMatchObject({
    code: 'turret.error',
    message: 'turret refused G99: error 20, a G-code that it does not know: the firmware is not Grbl 1.1',
  })
})

it('writes a reset past the lines that wait, and gives no late ok to a later line', async () => {
  const { grbl, say, heard } = await wire()
  const waiting = Array.from({ length: 6 }, () =>
    grbl.send(`(${'x'.repeat(60)})`).catch((error: unknown) => error),
  )
  await expect.poll(() => heard().length).toBe(126)
  grbl.realTime(RESET)
  for (const answer of await Promise.all(waiting)) expect(answer).toMatchObject({ code: 'aborted' })
  await expect.poll(() => heard().at(-1)).toBe('\x18')
  const next = grbl.send('$G')
  say('ok\r\n')
  say("\r\nGrbl 1.1h ['$' for help]\r\n")
  expect(await grbl.settled()).toBe('1.1h')
  await expect.poll(heard).toMatch(/\x18\$G\n$/)
  say('[GC:G0 M5]\r\nok\r\n')
  expect(await next).toEqual(['[GC:G0 M5]'])
})

it('gives up a reset that is not answered, and a line', async () => {
  const { grbl } = await wire()
  await expect(grbl.send('$G', 50)).rejects.toMatchObject({ code: 'device.timeout' })
  await expect(grbl.reset(50)).rejects.toMatchObject({ code: 'device.timeout' })
})

it('rejects what is owed when the connection is lost', async () => {
  const lost: Error[] = []
  const { grbl, socket } = await wire({ lost: (error) => lost.push(error) })
  const answer = expect(grbl.send('$G')).rejects.toMatchObject({ code: 'connection.lost' })
  socket.destroy()
  await answer
  expect(lost).toHaveLength(1)
  await expect(grbl.send('$G')).rejects.toMatchObject({ code: 'connection.lost' })
})

it('asks for one status report at a time', async () => {
  const { grbl, heard } = await wire()
  grbl.askStatus()
  grbl.askStatus()
  await expect.poll(heard).toBe('?')
  grbl.forgetStatus()
  grbl.askStatus()
  await expect.poll(heard).toBe('??')
})
