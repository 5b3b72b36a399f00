import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'

const content = z.strictObject({
  session: z.string().max(128).describe('the session or token it came with: it ends with that'),
  name: z.string().max(128).describe('whose it is'),
  until: z
    .number()
    .describe('ms of the monotonic clock: one for both processes, whoever sets the time of day'),
})
export type TicketContent = z.infer<typeof content>

/** A ticket for the emergency stop, signed with the key that the guardian made at its start (HMAC-SHA-256, RFC 2104). */
export function signTicket(key: Buffer, ticket: TicketContent): string {
  const body = Buffer.from(JSON.stringify(ticket)).toString('base64url')
  return `${body}.${signature(key, body).toString('base64url')}`
}

/** What a ticket says; undefined for one that is forged, or was made with another key, or is over. */
export function readTicket(key: Buffer, ticket: string, now: number): TicketContent | undefined {
  const [body = '', sign = '', ...more] = ticket.split('.')
  const given = Buffer.from(sign, 'base64url')
  const right = signature(key, body)
  if (more.length > 0 || given.length !== right.length || !timingSafeEqual(given, right)) return undefined
  const read = content.safeParse(JSON.parse(Buffer.from(body, 'base64url').toString()))
  return read.success && read.data.until > now ? read.data : undefined
}

function signature(key: Buffer, body: string): Buffer {
  return createHmac('sha256', key).update(`stop ${body}`).digest()
}
