import { z } from 'zod'
import { channelName } from '../../shared/watch.ts'

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

const mail = z.strictObject({
  kind: z.literal('mail'),
  server: z
    .string()
    .regex(/^smtps?:\/\//, 'a mail server is smtp://user:password@host:port, or smtps://')
    .describe('smtp://user:password@host:587, or smtps://'),
  from: z.string().min(3),
  to: z.array(z.string().min(3)).min(1).max(20),
  ...limits,
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
