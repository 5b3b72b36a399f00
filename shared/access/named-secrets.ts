import { z } from 'zod'
import { command } from '../wire/command.ts'
import { SECRET_NAME } from '../wire/secret-reference.ts'
import { plain, secret } from '../wire/secret.ts'

export const MOST_SECRETS = 200

/** What a secret is referred to by: `${secret:lab-login}`. */
export const secretName = plain(
  z
    .string()
    .regex(SECRET_NAME, 'a secret is named by a-z, 0-9 and -, begins with a letter, 32 at most')
    .describe('what it is referred to by: `${secret:name}`'),
)

/** A host that a secret may be sent to, at any port or at one. */
export const secretHost = plain(
  z
    .string()
    .max(260)
    .regex(
      /^(\[[0-9a-f:.]+\]|[a-z0-9_-]+(\.[a-z0-9_-]+)*)(:\d{1,5})?$/,
      'a host is a name or an address in lower case, with or without :port, e.g. scope.lab or 10.0.0.7:8080',
    ),
)

/** A value that watches and messages refer to by its name. It is never answered. */
export const namedSecret = z.object({
  name: secretName,
  hosts: z.array(secretHost).describe('where it may be sent to, and nowhere else'),
  savedAt: z.number().describe('ms since the epoch'),
  savedBy: z.string().describe("a user's name"),
})
export type NamedSecret = z.infer<typeof namedSecret>

export const namedSecretCommands = {
  'secret.list': command({
    about:
      'The named secrets: what they are called and where they may be sent to. What they are is never answered.',
    role: 'administrator',
    input: z.object({}),
    output: z.array(namedSecret),
  }),
  'secret.save': command({
    about: 'Keep a new named secret, or change one: its value, or the hosts that it may be sent to.',
    role: 'administrator',
    fresh: true,
    audited: true,
    input: z.object({
      name: secretName,
      value: secret(z.string().min(1).max(2000))
        .optional()
        .describe('of one that is there already the same when left out'),
      hosts: z.array(secretHost).min(1).max(50).describe('where it may be sent to, and nowhere else'),
    }),
    output: namedSecret,
  }),
  'secret.remove': command({
    about: 'Forget a named secret: what refers to it fails from now on.',
    role: 'administrator',
    audited: true,
    input: z.object({ name: secretName }),
    output: z.object({}),
  }),
}
