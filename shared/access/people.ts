import { z } from 'zod'
import { role, scope } from './access.ts'
import { command } from '../wire/command.ts'
import { plain, secret } from '../wire/secret.ts'

export const userName = plain(
  z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9._-]{0,31}$/,
      'a user is named by a-z, 0-9, ".", "_" and "-", begins with a letter or digit, 32 at most',
    ),
)

export const PASSWORD_LEAST = 12
export const newPassword = secret(
  z
    .string()
    .min(PASSWORD_LEAST, `a password has ${PASSWORD_LEAST} characters at least`)
    .max(200, 'a password has 200 characters at most'),
)

/** For so long after somebody has shown who they are, their session may make rights and see secrets. */
export const PROOF_MINUTES = 10

const tokenName = plain(z.string().trim().min(1).max(64))

/** Somebody who can sign in. */
export const user = z.object({
  name: userName,
  role,
  scope: scope.describe('what they are bound to'),
  createdAt: z.number(),
  lastSeenAt: z.number().optional(),
  kind: z
    .enum(['password', 'oidc'])
    .describe('by what they sign in: a password here, or the identity provider'),
  factor: z.boolean().describe('whether a code is asked for besides the password'),
  sessions: z.number().int().describe('how many are open'),
})
export type User = z.infer<typeof user>

/** A key for a script, a kiosk, WHIP or WHEP; its secret is not among what is known of it. */
export const token = z.object({
  id: z.string(),
  name: z.string(),
  role,
  scope,
  createdBy: z.string(),
  createdAt: z.number(),
  expiresAt: z.number().optional(),
  lastUsedAt: z.number().optional(),
})
export type Token = z.infer<typeof token>

/** One browser that is signed in. */
export const session = z.object({
  id: z.string(),
  address: z.string(),
  createdAt: z.number(),
  lastSeenAt: z.number(),
  current: z.boolean(),
})

const none = z.object({})
const factorCode = secret(z.string().max(64))
const recoveryCodes = z.object({
  recoveryCodes: z.array(z.string()).describe('shown in this answer and nowhere else'),
})

export const peopleCommands = {
  'session.list': command({
    about: "The caller's own sessions.",
    role: 'viewer',
    reach: 'self',
    input: none,
    output: z.array(session),
  }),
  'session.password': command({
    about:
      "Change the caller's own password; all other sessions of theirs end. Answers the tokens that they made: whoever knew the old password may have made one.",
    role: 'viewer',
    reach: 'self',
    audited: true,
    input: z.object({ current: secret(z.string().max(200)), password: newPassword }),
    output: z.object({ tokens: z.array(token).describe('the tokens that the caller made, for review') }),
  }),
  'session.endToken': command({
    about: 'End a token that the caller made.',
    role: 'viewer',
    reach: 'self',
    audited: true,
    input: z.object({ id: plain(z.string().max(64)).describe('the id of the token') }),
    output: none,
  }),
  'session.prove': command({
    about: `Show again who is at this browser: for ${PROOF_MINUTES} minutes, this session may make rights and see secrets.`,
    role: 'viewer',
    reach: 'self',
    audited: true,
    input: z.object({
      password: secret(z.string().max(200)).describe("the caller's password"),
      code: factorCode.optional().describe('for whoever has a second factor'),
    }),
    output: none,
  }),
  'session.credentials': command({
    about: 'How the caller signs in.',
    role: 'viewer',
    reach: 'self',
    input: none,
    output: z.object({
      kind: z
        .enum(['password', 'oidc', 'none'])
        .describe(
          'a password here, the identity provider, or neither for tokens and for those at the machine',
        ),
      enrolled: z.boolean().describe('whether a code is asked for when the caller signs in'),
      recoveryCodes: z.number().int().describe('how many are left'),
    }),
  }),
  'session.enrolFactor': command({
    about:
      'Begin to set an authenticator app up (TOTP, RFC 6238). Its secret is in this answer and nowhere else; nothing changes before `session.confirmFactor`.',
    role: 'viewer',
    reach: 'self',
    audited: true,
    fresh: true,
    input: none,
    output: z.object({
      uri: z.string().describe('for the app, as a QR code: otpauth://totp/…'),
      secret: z.string().describe('the same for typing, in base32'),
    }),
  }),
  'session.confirmFactor': command({
    about:
      'From now on, a code is asked for when the caller signs in. Answers recovery codes, each good for one sign-in without the app.',
    role: 'viewer',
    reach: 'self',
    audited: true,
    input: z.object({ code: factorCode.describe("the app's code of now") }),
    output: recoveryCodes,
  }),
  'session.renewRecoveryCodes': command({
    about: 'New recovery codes, in place of those that are left.',
    role: 'viewer',
    reach: 'self',
    audited: true,
    fresh: true,
    input: none,
    output: recoveryCodes,
  }),
  'session.removeFactor': command({
    about: 'No code is asked of the caller any more.',
    role: 'viewer',
    reach: 'self',
    audited: true,
    fresh: true,
    input: none,
    output: none,
  }),
  'session.signOutEverywhere': command({
    about: "End all of the caller's sessions, this one too.",
    role: 'viewer',
    reach: 'self',
    audited: true,
    input: none,
    output: none,
  }),
  'user.list': command({
    about: 'Everybody who can sign in.',
    role: 'administrator',
    input: none,
    output: z.array(user),
  }),
  'user.add': command({
    about: 'Let somebody in, with a first password.',
    role: 'administrator',
    fresh: true,
    audited: true,
    input: z.object({
      name: userName,
      role,
      password: newPassword,
      scope: scope.default({}).describe('what they are bound to'),
    }),
    output: none,
  }),
  'user.role': command({
    about: "Change somebody's role, at once; of the tokens they made, those end that can do more than that.",
    role: 'administrator',
    fresh: true,
    audited: true,
    input: z.object({ name: userName, role }),
    output: none,
  }),
  'user.scope': command({
    about:
      'Bind somebody to devices, or to none in particular; their sessions end, and the tokens they made that reach further than that.',
    role: 'administrator',
    audited: true,
    fresh: true,
    input: z.object({ name: userName, scope: scope.describe('what they are bound to from now on') }),
    output: none,
  }),
  'user.password': command({
    about: 'Give somebody a new password; all their sessions and the tokens they made end.',
    role: 'administrator',
    fresh: true,
    audited: true,
    input: z.object({ name: userName, password: newPassword }),
    output: none,
  }),
  'user.resetFactor': command({
    about: 'Take the second factor off somebody who has lost their authenticator and their recovery codes.',
    role: 'administrator',
    audited: true,
    fresh: true,
    input: z.object({ name: userName }),
    output: none,
  }),
  'user.signOut': command({
    about: "End all of somebody's sessions.",
    role: 'administrator',
    audited: true,
    input: z.object({ name: userName }),
    output: none,
  }),
  'user.remove': command({
    about: 'Let somebody in no longer: their sessions and the tokens they made end.',
    role: 'administrator',
    audited: true,
    input: z.object({ name: userName }),
    output: none,
  }),
  'token.list': command({
    about: 'The tokens there are, without their secrets.',
    role: 'administrator',
    input: none,
    output: z.array(token),
  }),
  'token.add': command({
    about: 'Make a token. Its secret is in this answer and nowhere else.',
    role: 'administrator',
    fresh: true,
    audited: true,
    input: z.object({
      name: tokenName,
      role,
      scope: scope.default({}),
      expiresAt: z.number().positive().describe('ms since the epoch').optional(),
    }),
    output: token.extend({ secret: z.string() }),
  }),
  'token.revoke': command({
    about: 'End a token, and whatever is open by it.',
    role: 'administrator',
    audited: true,
    input: z.object({ id: plain(z.string().max(64)) }),
    output: none,
  }),
}
