import { createHmac } from 'node:crypto'
import { z } from 'zod'
import { iceServer, type IceServer } from '../../shared/camera/ice-server.ts'

const url = z
  .string()
  .regex(/^(stun|stuns|turn|turns):[^\s<>"]+$/, 'such as turn:turn.example.org:3478?transport=udp')

/** STUN and TURN servers in bench.yaml. */
export const iceServerConfig = z
  .strictObject({
    urls: z.union([url.transform((one) => [one]), z.array(url).min(1)]).describe('stun:… or turn:…'),
    username: z.string().optional().describe('for a TURN server with one account'),
    credential: z.string().optional().describe('its password'),
    secret: z
      .string()
      .optional()
      .describe(
        'shared with the TURN server instead (coturn: static-auth-secret): everybody gets a password for a day',
      ),
  })
  .refine(
    ({ username, credential, secret }) =>
      (username === undefined) === (credential === undefined) &&
      !(secret !== undefined && credential !== undefined),
    {
      message: 'give username and credential, or secret, or none of them',
    },
  )
export type IceServerConfig = z.infer<typeof iceServerConfig>

const LASTS_S = 86_400

/** The servers as a browser takes them, with passwords for a day where there is a shared secret (draft-uberti-behave-turn-rest). */
export function iceServersFor(
  config: readonly IceServerConfig[],
  name: string,
  now = Date.now(),
): IceServer[] {
  return config.map(({ urls, username, credential, secret }) => {
    if (secret === undefined) return iceServer.parse({ urls, username, credential })
    const until = `${Math.floor(now / 1000) + LASTS_S}:${name}`
    const password = createHmac('sha1', secret).update(until).digest('base64')
    return { urls, username: until, credential: password }
  })
}

/** Link header fields as WHIP and WHEP clients read them (RFC 9725 section 4.6). */
export function iceLinks(servers: readonly IceServer[]): string[] {
  const quoted = (value: string): string => `"${value.replace(/["\\]/g, '\\$&')}"`
  return servers.flatMap(({ urls, username, credential }) =>
    urls.map((address) => {
      const account =
        username === undefined || credential === undefined
          ? ''
          : `; username=${quoted(username)}; credential=${quoted(credential)}; credential-type="password"`
      return `<${address}>; rel="ice-server"${account}`
    }),
  )
}
