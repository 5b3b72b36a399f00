import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type LabCertificates, makeCertificates } from '../../bridge/cli/certificates.ts'
import type { WatchEvent } from '../../shared/watches/watch-state.ts'
import { type ChannelConfig, channelConfig } from '../../bridge/watches/config.ts'
import { sendOver, titleOf } from '../../bridge/watches/notify/channels.ts'
import { openBroker, openMailSink } from '../support/sinks.ts'

const event: WatchEvent = {
  at: 0,
  watch: 'a'.repeat(16),
  name: 'laser',
  kind: 'failed',
  message: '31 is above 30',
}
const message = { id: '1-1-0', bench: 'Test bench', at: 0, events: [event] }

describe('mail', () => {
  let lab: LabCertificates
  let ca: string
  beforeAll(async () => {
    lab = await makeCertificates(['127.0.0.1', 'localhost'], 30)
    ca = join(mkdtempSync(join(tmpdir(), 'lightbench-')), 'ca.pem')
    writeFileSync(ca, lab.ca)
  })
  const certificates = () => ({ cert: lab.certificate, key: lab.key })
  const mail = (server: string, more: object = {}): ChannelConfig =>
    channelConfig.parse({ kind: 'mail', server, from: 'bench@lab', to: ['olga@lab'], ...more })

  it.each([
    ['STARTTLS', 'starttls', 'smtp'],
    ['TLS from the start', 'start', 'smtps'],
  ] as const)(
    'goes by %s, with who failed in the subject, and nothing of it in clear',
    async (_, from, scheme) => {
      await using server = await openMailSink({ tls: { ...certificates(), from } })
      await sendOver(mail(`${scheme}://127.0.0.1:${server.port}`, { ca }), message)
      expect(server.got[0]).toContain('Subject: Test bench: laser has failed')
      expect(server.got[0]).toContain('31 is above 30')
      expect(server.heard()).not.toContain('olga@lab')
    },
  )

  it('does not go where no TLS is offered, and says what to do', async () => {
    await using server = await openMailSink()
    const sending = sendOver(mail(`smtp://ada:secret-word@127.0.0.1:${server.port}`), message)
    await expect(sending).rejects.toThrow(/^127\.0\.0\.1 does not speak TLS as it should .* write tls: none$/)
    expect(server.got).toEqual([])
    expect(server.heard()).not.toContain('AUTH')
    expect(server.heard()).not.toContain('MAIL FROM')
  })

  it('does not go to a server whose certificate nobody here has signed', async () => {
    await using server = await openMailSink({ tls: { ...certificates(), from: 'starttls' } })
    await expect(sendOver(mail(`smtp://127.0.0.1:${server.port}`), message)).rejects.toThrow(/certificate/)
    expect(server.got).toEqual([])
  })

  it('goes in clear where that is written', async () => {
    await using server = await openMailSink()
    await sendOver(mail(`smtp://127.0.0.1:${server.port}`, { tls: 'none' }), message)
    expect(server.heard()).toContain('RCPT TO:<olga@lab>')
    expect(server.got[0]).toContain('31 is above 30')
  })

  it.each([
    ['smtp://ada:secret-word@mail.lab', /the password would go to mail\.lab in clear/],
    ['smtps://mail.lab', /smtps:\/\/ is TLS from the start/],
    ['smtp://', /a mail server is smtp:\/\/user/],
  ])('refuses tls: none for %s', (server, why) => {
    expect(() => mail(server, { tls: 'none' })).toThrow(why)
  })
  it('takes a password in clear on loopback alone', () => {
    expect(mail('smtp://ada:secret-word@[::1]:25', { tls: 'none' })).toMatchObject({ tls: 'none' })
  })
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
