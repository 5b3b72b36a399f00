import { z } from 'zod'
import { acts, command } from '../wire/command.ts'
import { deviceId } from '../wire/device.ts'
import { stopTicket } from '../guardian/guardian.ts'
import { plain } from '../wire/secret.ts'

/** The lease lapses after so long without anything done. */
export const LEASE_IDLE_MS = 60_000
/** The lease lapses so long after its holder's connection was lost. */
export const LEASE_LOST_MS = 2000
/** How often the holder's page says that it is there. */
export const BEAT_MS = 250
/** Without a beat for so long, whatever emits is switched off. */
export const BEAT_LOST_MS = 500
/**
 * What a connection says in its handshake (`purpose`) that carries `lease.beat` for the page named there, and nothing
 * else. It is there beside the page's own connection, and ends with it.
 */
export const HEARTBEAT_PURPOSE = 'heartbeat'

/** A page or a script, as others may name it. It is no key: knowing it permits nothing. */
export const clientRef = plain(
  z.string().regex(/^[0-9a-f]{12}$/, 'a client is named by 12 hexadecimal digits'),
)

const leaseState = z.object({
  client: clientRef,
  name: z.string().describe('whose page or script it is'),
  since: z.number(),
  /** Only while the end is near: nothing has been done for a while, or the connection is lost. */
  lapsesAt: z.number().optional(),
  connected: z.boolean(),
  beating: z.boolean().describe('whether the heartbeat comes: without it nothing emits'),
})

const deviceStop = z.object({
  state: z
    .enum(['stopping', 'safe', 'unproven', 'unconfirmed', 'closed'])
    .describe(
      'safe: the device itself has proven it; unproven: sent, and nothing of this device can prove it; unconfirmed: the proof failed or did not come; closed: it was not open',
    ),
  reason: z.string().optional().describe('why it is not known to be safe, in words'),
})
export type DeviceStop = z.infer<typeof deviceStop>

/** Whether the stop is reset only once somebody has looked at this device: nothing has proven that it is safe. */
export function wantsLook({ state }: DeviceStop): boolean {
  return state === 'unproven' || state === 'unconfirmed'
}

const interlockState = z.object({
  title: z.string(),
  closed: z.boolean(),
  since: z.number(),
  reason: z.string().describe('why it is open').optional(),
  settable: z.boolean().describe('a software key, set by `interlock.set`'),
  emergency: z.boolean().describe('opening it is an emergency stop'),
  devices: z.array(z.string()).describe('those that need it closed'),
  forbids: z.array(z.enum(acts)).describe('what these devices may not do while it is open'),
})

/** The topic `control`: who may act, and whether anything may. */
export const controlState = z.object({
  lease: leaseState.optional(),
  /** Where the holder's page is, for those who follow it: what its address has after the `#`. */
  shows: z.string().optional(),
  /** Who asks for the lease, by client. */
  asks: z.record(z.string(), z.object({ name: z.string(), since: z.number() })),
  stop: z.object({
    latched: z.boolean(),
    at: z.number().optional(),
    by: z.string().optional(),
    why: z.string().optional(),
    /** By device id, since the stop was pressed. */
    devices: z.record(z.string(), deviceStop),
  }),
  interlocks: z.record(z.string(), interlockState),
})
export type ControlState = z.infer<typeof controlState>

const none = z.object({})

export const controlCommands = {
  'lease.take': command({
    about: 'Take the lease when it is free.',
    role: 'operator',
    reach: 'page',
    audited: true,
    input: none,
    output: none,
  }),
  'lease.ask': command({
    about: 'Ask the holder for the lease; a free one is taken at once.',
    role: 'operator',
    reach: 'page',
    audited: true,
    input: none,
    output: none,
  }),
  'lease.withdraw': command({
    about: 'Ask no longer.',
    role: 'operator',
    reach: 'page',
    audited: true,
    input: none,
    output: none,
  }),
  'lease.give': command({
    about: 'The holder hands the lease to one who asks.',
    role: 'operator',
    reach: 'page',
    holder: true,
    audited: true,
    input: z.object({ to: clientRef }),
    output: none,
  }),
  'lease.decline': command({
    about: 'The holder keeps the lease, and says so to one who asks.',
    role: 'operator',
    reach: 'page',
    holder: true,
    audited: true,
    input: z.object({ to: clientRef }),
    output: none,
  }),
  'lease.release': command({
    about: 'The holder gives the lease up: emission ends, and anyone may take it.',
    role: 'operator',
    reach: 'page',
    holder: true,
    audited: true,
    input: none,
    output: none,
  }),
  'lease.seize': command({
    about: 'Take the lease from whoever holds it: emission ends.',
    role: 'administrator',
    audited: true,
    input: none,
    output: none,
  }),
  'lease.beat': command({
    about: `The holder is there; every ${BEAT_MS} ms, or emission ends after ${BEAT_LOST_MS} ms. \`active\` when a person has done something since the last.`,
    role: 'operator',
    reach: 'page',
    holder: true,
    input: z.object({ active: z.boolean().default(false) }),
    output: none,
  }),
  'lease.show': command({
    about: "Where the holder's page is, for the pages that follow it.",
    role: 'operator',
    reach: 'page',
    holder: true,
    input: z.object({ hash: z.string().max(200) }),
    output: none,
  }),
  'estop.press': command({
    about: 'Emergency stop: makes every device safe at once and latches. For anybody who is signed in.',
    role: 'viewer',
    safe: true,
    input: z.object({ why: plain(z.string().max(200)).optional() }),
    output: z.object({ stopMs: z.number().describe("from the call's arrival to the last device's stop") }),
  }),
  'estop.ticket': command({
    about:
      "A ticket for the emergency stop on the guardian's own port, which works when the bridge does not: `POST /api/estop` there.",
    role: 'viewer',
    reach: 'self',
    input: none,
    output: stopTicket,
  }),
  'estop.reset': command({
    about:
      "Allow the bench to act again, once every open device has proven that it is safe, or has been looked at. For the lease's holder.",
    role: 'operator',
    lease: true,
    whileStopped: true,
    input: z.object({
      checked: z
        .array(deviceId)
        .max(256)
        .default([])
        .describe(
          'devices at which the caller has looked, and seen that they are safe: each that is unproven or unconfirmed has to be among them',
        ),
    }),
    output: none,
  }),
  'interlock.set': command({
    about: 'Open or close an interlock that is a software key.',
    role: 'operator',
    lease: true,
    whileStopped: true,
    input: z.object({ interlock: plain(z.string().max(64)), closed: z.boolean() }),
    output: none,
  }),
}
