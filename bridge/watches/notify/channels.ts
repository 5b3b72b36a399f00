import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { connectAsync } from 'mqtt'
import { createTransport } from 'nodemailer'
import { request } from 'undici'
import type { ChannelConfig } from '../config.ts'
import { type Message, subjectOf, textOf } from './message.ts'

const SEND_MS = 15_000

/** Sends a message over a channel, in 15 s at most. Throws when it has not arrived. */
export async function sendOver(channel: ChannelConfig, message: Message): Promise<void> {
  if (channel.kind === 'webhook') await post(channel, message)
  else if (channel.kind === 'mail') await mail(channel, message)
  else await publish(channel, message)
}

/** Where a channel goes, without what is secret. */
export function titleOf(channel: ChannelConfig): string {
  if (channel.kind === 'mail') return channel.to.join(', ')
  const { host, pathname } = new URL(channel.kind === 'webhook' ? channel.url : channel.server)
  return channel.kind === 'webhook' ? `${host}${pathname.length > 1 ? '/…' : ''}` : `${host} ${channel.topic}`
}

/** `t=<seconds>,v1=<hex>`: HMAC-SHA256 of the seconds, a dot and the body, so that an old message cannot be sent again. */
export function signatureOf(body: string, secret: string, now: number): string {
  const t = Math.floor(now / 1000)
  return `t=${t},v1=${createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')}`
}

async function post(
  { url, secret }: Extract<ChannelConfig, { kind: 'webhook' }>,
  message: Message,
): Promise<void> {
  const body = JSON.stringify({ ...message, text: textOf(message) })
  const answer = await request(url, {
    method: 'POST',
    body,
    signal: AbortSignal.timeout(SEND_MS),
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Lightbench',
      'lightbench-delivery': message.id,
      ...(secret !== undefined && { 'lightbench-signature': signatureOf(body, secret, Date.now()) }),
    },
  })
  await answer.body.dump({ limit: 100_000 })
  if (answer.statusCode >= 300) throw new Error(`it answered ${answer.statusCode}`)
}

async function mail(
  { server, from, to, tls, ca }: Extract<ChannelConfig, { kind: 'mail' }>,
  message: Message,
): Promise<void> {
  const url = new URL(server)
  const transport = createTransport({
    host: url.hostname,
    port: Number(url.port) || (url.protocol === 'smtps:' ? 465 : 587),
    secure: url.protocol === 'smtps:',
    // Never by chance: somebody in between would only have to leave STARTTLS out of what the server offers.
    requireTLS: tls === 'required',
    ignoreTLS: tls === 'none',
    ...(ca !== undefined && { tls: { ca: await readFile(ca, 'utf8') } }),
    ...(url.username && {
      auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) },
    }),
    connectionTimeout: SEND_MS / 3,
    greetingTimeout: SEND_MS / 3,
    socketTimeout: SEND_MS / 2,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  try {
    await transport.sendMail({
      from,
      to,
      subject: subjectOf(message),
      text: textOf(message),
      messageId: `<${message.id}@lightbench>`,
    })
  } catch (error) {
    if ((error as { code?: string }).code !== 'ETLS') throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(
      `${url.hostname} does not speak TLS as it should (${why}): see to its certificate, or, for a server on this machine, write tls: none`,
      { cause: error },
    )
  } finally {
    transport.close()
  }
}

async function publish(
  { server, topic }: Extract<ChannelConfig, { kind: 'mqtt' }>,
  message: Message,
): Promise<void> {
  const client = await connectAsync(server, { connectTimeout: SEND_MS / 3, reconnectPeriod: 0, clean: true })
  client.on('error', () => {})
  try {
    const late = new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error('the broker does not confirm')), SEND_MS / 2).unref()
      client.once('close', () => reject(new Error('the broker has closed the connection')))
    })
    late.catch(() => {})
    await Promise.race([
      client.publishAsync(topic, JSON.stringify({ ...message, text: textOf(message) }), { qos: 1 }),
      late,
    ])
  } finally {
    await client.endAsync(true)
  }
}
