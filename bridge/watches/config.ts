import { z } from 'zod'
import { channelName } from '../../shared/watches/watch.ts'
import { isLoopback } from '../core/loopback.ts'

const limits = {
  groupS: z.number().min(0).max(3600).default(5).describe('what happens within so long goes in one message'),
  mostPerHour: z
    .number()
    .int()
    .min(1)
    .max(3600)
    .default(30)
    .describe('messages; what is more waits, and goes in one message later'),
}

const webhook = z.strictObject({
  kind: z.literal('webhook'),
  url: z.url({ protocol: /^https?$/ }),
  secret: z
    .string()
    .regex(/^(?:.{16,}|\$\{secret:[a-z0-9-]+\})$/s, 'a key has 16 characters at least, or is ${secret:name}')
    .optional()
    .describe('signs each message: HMAC-SHA256 in the header Lightbench-Signature'),
  ...limits,
})

const mailMembers = z.strictObject({
  kind: z.literal('mail'),
  server: z
    .string()
    .regex(/^smtps?:\/\//, 'a mail server is smtp://user:password@host:port, or smtps://')
    .refine(
      (text) => URL.canParse(text) && new URL(text).hostname !== '',
      'a mail server is smtp://user:password@host:port, or smtps://',
    )
    .describe(
      'smtp://user:password@host:587, which begins with STARTTLS, or smtps://, which is TLS from the start',
    ),
  tls: z
    .enum(['required', 'none'])
    .default('required')
    .describe(
      'none sends mail in clear, which everybody on the way can read: for a server on this machine; with a password for no other',
    ),
  ca: z
    .string()
    .optional()
    .describe(
      "a PEM file of the authority that signed the server's certificate, where this machine does not know it; relative to this file",
    ),
  from: z.string().min(3),
  to: z.array(z.string().min(3)).min(1).max(20),
  ...limits,
})

/** Mail goes over TLS, unless somebody says in so many words that it does not. */
const mail = mailMembers.superRefine(({ server, tls }, context) => {
  if (tls === 'required' || !URL.canParse(server)) return
  const { protocol, hostname, username } = new URL(server)
  const wrong = (message: string): void => context.addIssue({ code: 'custom', path: ['tls'], message })
  if (protocol === 'smtps:') wrong('smtps:// is TLS from the start: take out `tls: none`, or write smtp://')
  else if (username && !isLoopback(hostname.replace(/^\[(.*)\]$/, '$1')))
    wrong(
      `the password would go to ${hostname} in clear: take out \`tls: none\`, or the user and the password`,
    )
})

const mqtt = z.strictObject({
  kind: z.literal('mqtt'),
  server: z
    .string()
    .regex(/^mqtts?:\/\//, 'a broker is mqtt://user:password@host:port, or mqtts://')
    .describe('mqtt://user:password@host:1883, or mqtts://'),
  topic: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^#+]+$/, 'a topic to publish on holds neither # nor +'),
  ...limits,
})

export const channelConfig = z.discriminatedUnion('kind', [webhook, mail, mqtt])
export type ChannelConfig = z.output<typeof channelConfig>

/** `watches:` of bench.yaml. */
export const watchesConfig = z.strictObject({
  pages: z
    .strictObject({
      allow: z
        .array(z.string().min(1).max(200))
        .max(200)
        .default([])
        .describe(
          'addresses (10.0.0.7), networks (10.0.0.0/24) and names (scope.lab), with or without :port, of this machine or of private networks that watches of pages may ask; without any, only public addresses are',
        ),
      chromium: z
        .string()
        .optional()
        .describe('the browser; found by itself when left out (Debian: chromium)'),
      sandbox: z
        .boolean()
        .default(true)
        .describe(
          "pages are locked into Chromium's sandbox, and none is opened where the machine grants no such; false opens them without, for pages that are all trusted",
        ),
      atOnce: z
        .number()
        .int()
        .min(1)
        .max(8)
        .default(2)
        .describe('pages checked in the browser at once, each by a process of its own (about 100 MB)'),
      checksPerBrowser: z
        .number()
        .int()
        .min(1)
        .max(10_000)
        .default(100)
        .describe('then it is replaced by a fresh one'),
      mostMemoryMB: z
        .number()
        .int()
        .min(200)
        .default(1500)
        .describe(
          'of the browser with all its pages; beyond it, it is ended, and what was checked in it is checked once more, alone',
        ),
    })
    .prefault({}),
  notify: z
    .record(channelName, channelConfig)
    .default({})
    .describe('ways to tell people, by name: watches name them'),
})
export type WatchesConfig = z.output<typeof watchesConfig>
export type PagesConfig = WatchesConfig['pages']
