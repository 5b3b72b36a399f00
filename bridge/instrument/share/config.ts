import { isIP } from 'node:net'
import { z } from 'zod'

const port = z.number().int().min(0).max(65_535)

const address = z
  .string()
  .refine((text) => {
    const [ip = '', bits, ...more] = text.split('/')
    const most = isIP(ip) === 6 ? 128 : 32
    return (
      isIP(ip) !== 0 &&
      more.length === 0 &&
      (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))
    )
  }, 'expected an IP address such as 192.168.1.7, or a network such as 192.168.1.0/24')
  .describe('its IP address, or the network that it is in')

/** How an instrument is shared with other programs, under its device in bench.yaml. */
export const shareConfig = z.strictObject({
  port: port.describe('where it speaks SCPI over a raw socket; 0 takes a free one'),
  hislipPort: port.optional().describe('where it speaks HiSLIP, usually 4880; not at all when left out'),
  portmapperPort: port
    .optional()
    .describe(
      'where VXI-11 clients ask for the instrument: they know 111 alone, which one instrument a machine can have, and for which the bridge must be allowed to listen on ports below 1024; no VXI-11 when left out',
    ),
  clients: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(40).describe('what the journal calls it'),
        address,
        act: z
          .boolean()
          .default(false)
          .describe('whether it may act while somebody else holds the lease of the bench'),
        mayEmit: z
          .boolean()
          .default(false)
          .describe('whether it may switch light on, which ends with its connection'),
      }),
    )
    .max(64)
    .default([])
    .describe(
      'programs on other machines that may connect, and names for those on this one; others on this machine may connect too',
    ),
  lockSeconds: z.number().positive().max(3600).default(60).describe('the longest that a lock is kept'),
  answerSeconds: z
    .number()
    .positive()
    .max(3600)
    .default(10)
    .describe('how long the instrument may take to answer a message, e.g. *OPC?'),
})
export type ShareConfig = z.infer<typeof shareConfig>
