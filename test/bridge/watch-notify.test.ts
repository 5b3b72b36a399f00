import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, it } from 'vitest'
import type { WatchEvent } from '../../shared/watch-state.ts'
import { channelConfig } from '../../bridge/watch/config.ts'
import { sendOver, titleOf } from '../../bridge/watch/notify/channels.ts'
import { openBroker, openMailSink } from '../support/sinks.ts'

const event: WatchEvent = {
  at: 0,
  watch: 'a'.repeat(16),
  name: 'laser',
  kind: 'failed',
  message: '31 is above 30',
}
const message = { id: '1-1-0', bench: 'Test bench', at: 0, events: [event] }

it('sends mail by SMTP, with who failed in the subject', async () => {
  await using server = await openMailSink()
  const channel = channelConfig.parse({
    kind: 'mail',
    server: `smtp://127.0.0.1:${server.port}`,
    from: 'bench@lab',
    to: ['olga@lab'],
  })
  await sendOver(channel, message)
  expect(server.heard()).toContain('RCPT TO:<olga@lab>')
  expect(server.got[0]).toContain('Subject: Test bench: laser has failed')
  expect(server.got[0]).toContain('31 is above 30')
})

it('publishes over MQTT, and has arrived only once the broker says so', async () => {
  await using broker = await openBroker()
  const server = `mqtt://user:secret@127.0.0.1:${broker.port}`
  const channel = channelConfig.parse({ kind: 'mqtt', server, topic: 'bench/events' })
  await sendOver(channel, message)
  expect(JSON.parse(broker.got[0] ?? '')).toMatchObject({ events: [{ message: '31 is above 30' }] })
  expect(broker.heard()).toContain('bench/events')
  expect(titleOf(channel)).toBe(`127.0.0.1:${broker.port} bench/events`)
  broker.confirms = false
  await expect(sendOver(channel, message)).rejects.toThrow()
}, 20_000)

it('says why a message has not arrived', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  const channel = channelConfig.parse({ kind: 'webhook', url: `http://127.0.0.1:${port}/` })
  await expect(sendOver(channel, message)).rejects.toThrow(/ECONNREFUSED/)
})
