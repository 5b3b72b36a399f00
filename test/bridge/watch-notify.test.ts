import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import type { WatchEvent } from '../../shared/watch-state.ts'
import { channelConfig } from '../../bridge/watch/config.ts'
import { sendOver, titleOf } from '../../bridge/watch/notify/channels.ts'

const event: WatchEvent = {
  at: 0,
  watch: 'a'.repeat(16),
  name: 'laser',
  kind: 'failed',
  message: '31 is above 30',
}
const message = { id: '1-1-0', bench: 'Test bench', at: 0, events: [event] }

async function listen(talk: (socket: Socket) => void): Promise<Server & { port: number } & AsyncDisposable> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    talk(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(server, { port: (server.address() as AddressInfo).port })
}

it('sends mail by SMTP, with who failed in the subject', async () => {
  let got = ''
  await using server = await listen((socket) => {
    let inData = false
    socket.write('220 test\r\n')
    socket.on('data', (part) => {
      const text = part.toString()
      got += text
      if (inData) {
        if (!got.endsWith('\r\n.\r\n')) return
        inData = false
        socket.write('250 taken\r\n')
      } else if (text.startsWith('DATA')) {
        inData = true
        socket.write('354 go on\r\n')
      } else socket.write(text.startsWith('QUIT') ? '221 bye\r\n' : '250 fine\r\n')
    })
  })
  const channel = channelConfig.parse({
    kind: 'mail',
    server: `smtp://127.0.0.1:${server.port}`,
    from: 'bench@lab',
    to: ['olga@lab'],
  })
  await sendOver(channel, message)
  expect(got).toContain('RCPT TO:<olga@lab>')
  expect(got).toContain('Subject: Test bench: laser has failed')
  expect(got).toContain('31 is above 30')
})

it('publishes over MQTT, and has arrived only once the broker says so', async () => {
  const packets: Buffer[] = []
  let confirms = true
  await using broker = await listen((socket) => {
    socket.on('data', (part: Buffer) => {
      packets.push(part)
      const kind = (part[0] ?? 0) >> 4
      // CONNACK, and PUBACK with the packet's id, which follows the topic (MQTT 3.1.1 sections 3.2 and 3.4).
      if (kind === 1) socket.write(Buffer.from([0x20, 2, 0, 0]))
      else if (kind === 3 && confirms) {
        const at = part.indexOf('bench/events') + 'bench/events'.length
        socket.write(Buffer.from([0x40, 2, part[at] ?? 0, part[at + 1] ?? 0]))
      } else if (kind === 3) socket.destroy()
    })
  })
  const server = `mqtt://user:secret@127.0.0.1:${broker.port}`
  const channel = channelConfig.parse({ kind: 'mqtt', server, topic: 'bench/events' })
  await sendOver(channel, message)
  expect(Buffer.concat(packets).toString()).toContain('"message":"31 is above 30"')
  expect(titleOf(channel)).toBe(`127.0.0.1:${broker.port} bench/events`)
  confirms = false
  await expect(sendOver(channel, message)).rejects.toThrow()
}, 20_000)

it('says why a message has not arrived', async () => {
  const server = await listen(() => {})
  const { port } = server
  await server[Symbol.asyncDispose]()
  const channel = channelConfig.parse({ kind: 'webhook', url: `http://127.0.0.1:${port}/` })
  await expect(sendOver(channel, message)).rejects.toThrow(/ECONNREFUSED/)
})
