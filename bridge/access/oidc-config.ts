import { z } from 'zod'
import { role } from '../../shared/access/access.ts'

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/

/** `server.oidc` of bench.yaml: the lab's identity provider, by which people sign in besides those with passwords here. */
export const oidcConfig = z.strictObject({
  issuer: z
    .url({ protocol: /^https?$/, error: 'expected an address, e.g. https://login.example.org/realms/lab' })
    .refine(
      (text) =>
        !URL.canParse(text) || new URL(text).protocol === 'https:' || LOOPBACK.test(new URL(text).hostname),
      'expected https: who can change what an identity provider says over http signs in as anybody',
    )
    .describe('the address of the identity provider, as it names itself; the bench finds the rest there'),
  clientId: z.string().min(1).describe('what the identity provider knows the bench by'),
  clientSecretFile: z
    .string()
    .optional()
    .describe('a file with the secret that goes with `clientId`; relative to this file'),
  clientSecretEnv: z
    .string()
    .optional()
    .describe('or the environment variable that has it; without either the bench is a public client'),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'expected one word'))
    .default(['openid', 'profile', 'groups'])
    .describe('what the identity provider is asked to tell of a person; `openid` is added'),
  claim: z.string().default('groups').describe('the claim that names the groups of a person'),
  nameClaim: z
    .string()
    .default('preferred_username')
    .describe('the claim that names a person; of an address, what is before the @'),
  groups: z
    .record(z.string(), role)
    .refine((groups) => Object.keys(groups).length > 0, 'expected one group at least: nobody could sign in')
    .describe('the role that members of each group have here, of several the strongest; others are refused'),
  title: z
    .string()
    .min(1)
    .default('the identity provider')
    .describe('what the page calls it: Sign in with …'),
  pageUrl: z
    .url({ protocol: /^https?$/, error: 'expected an address, e.g. https://lab.example.org/bench/' })
    .optional()
    .describe("where browsers find the bench's page, behind a proxy; what they ask for when left out"),
})
export type OidcConfig = z.output<typeof oidcConfig>
