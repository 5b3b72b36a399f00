import { Secret, TOTP } from 'otpauth'
import { BenchError } from '../../shared/wire/errors.ts'
import type { Statement } from '../core/tables.ts'
import type { Directory } from './directory.ts'
import { write, type UserRow } from './rows.ts'
import { digestOf } from './secret.ts'

/** What authenticator apps expect, since they ignore anything else: SHA-1, six digits, a new code every 30 s (RFC 6238). */
const PARAMETERS = { algorithm: 'SHA1', digits: 6, period: 30 } as const
/** RFC 4226 section 4 recommends 160 bits. */
const SECRET_BYTES = 20
/** Codes before and after the one of now that are taken: the clocks of phones differ. */
const WINDOW = 1
/** What was begun is to be confirmed within this time. */
const PENDING_MS = 10 * 60_000
const RECOVERY_CODES = 10
/** A recovery code is 80 random bits, in base32. */
const RECOVERY_BYTES = 10

interface SecondFactorOptions {
  directory: Directory
  /** What authenticator apps call the bench. */
  issuer: string
  /** The time of day in ms since the epoch: codes go by it. */
  now: () => number
  /** A clock that nobody sets, in ms. */
  monotonic: () => number
}

/** Codes of an authenticator app (TOTP, RFC 6238), besides the password; and codes for whoever has lost it. */
export class SecondFactor {
  readonly #options: SecondFactorOptions
  /** Secrets that nobody has confirmed yet, by session. */
  readonly #pending = new Map<string, { secret: string; until: number }>()

  constructor(options: SecondFactorOptions) {
    this.#options = options
  }

  /** Makes a secret for somebody, who confirms it in the same session; until then nothing is asked of them. */
  begin(name: string, session: string): { uri: string; secret: string } {
    this.#passwordUser(name)
    const secret = new Secret({ size: SECRET_BYTES }).base32
    this.#pending.set(session, { secret, until: this.#options.monotonic() + PENDING_MS })
    return { uri: this.#totp(secret, name).toString(), secret }
  }

  /** From now on a code is asked for. Answers the recovery codes. Rejects with `credentials.invalid` for a wrong code, and when nothing was begun. */
  async confirm(name: string, session: string, code: string): Promise<string[]> {
    const pending = this.#pending.get(session)
    if (!pending || this.#options.monotonic() >= pending.until) {
      throw new BenchError('credentials.invalid', 'no authenticator is being set up here: begin anew')
    }
    const step = this.#stepOf(pending.secret, name, code)
    if (step === undefined) {
      const message =
        "the code is wrong: give the app's newest, and see that its clock and the bench's are right"
      throw new BenchError('credentials.invalid', message)
    }
    const { codes, digests } = newRecoveryCodes()
    await this.#options.directory.make(
      write.setFactor(name, pending.secret, step),
      ...recoveryStatements(name, digests),
    )
    this.#pending.delete(session)
    const user = this.#passwordUser(name)
    user.factor = pending.secret
    user.factor_step = step
    this.#options.directory.recovery.set(name, new Set(digests))
    return codes
  }

  /** New recovery codes, in place of those that are left. Rejects with `input.invalid` for whoever has no second factor. */
  async renewRecoveryCodes(name: string): Promise<string[]> {
    if (this.#passwordUser(name).factor === null) throw noFactor(name)
    const { codes, digests } = newRecoveryCodes()
    await this.#options.directory.make(...recoveryStatements(name, digests))
    this.#options.directory.recovery.set(name, new Set(digests))
    return codes
  }

  /** Asks for no code any more. Rejects with `input.invalid` for whoever has no second factor. */
  async remove(name: string): Promise<void> {
    if (this.#passwordUser(name).factor === null) throw noFactor(name)
    // Who signs in with less has a right more: on the disk first.
    await this.#options.directory.make(write.removeFactor(name), write.removeRecoveryCodes(name))
    const user = this.#options.directory.users.get(name)
    if (user) user.factor = user.factor_step = null
    this.#options.directory.recovery.delete(name)
  }

  /** How somebody stands: whether a code is asked for, and how many recovery codes are left. */
  stateOf(name: string): { enrolled: boolean; recoveryCodes: number } {
    const { users, recovery } = this.#options.directory
    const enrolled = users.get(name)?.factor != null
    return { enrolled, recoveryCodes: enrolled ? (recovery.get(name)?.size ?? 0) : 0 }
  }

  /**
   * Uses a code of the authenticator or a recovery code up, before it returns; answers what writes that down. Nothing for
   * somebody without a second factor. Throws `factor.required` without a code, `credentials.invalid` for one that is
   * wrong, old, or was used.
   */
  use(user: UserRow, code: string | undefined): Statement[] {
    if (user.factor === null) return []
    if (!code) {
      throw new BenchError('factor.required', 'give the code of your authenticator app, or a recovery code')
    }
    const digest = digestOf(normalised(code))
    if (this.#options.directory.recovery.get(user.name)?.delete(digest))
      return [write.useRecoveryCode(user.name, digest)]
    const step = this.#stepOf(user.factor, user.name, code)
    if (step === undefined) throw new BenchError('credentials.invalid', 'the code is wrong, or too old')
    if (user.factor_step !== null && step <= user.factor_step) {
      throw new BenchError('credentials.invalid', 'this code was used already: wait for the next one')
    }
    user.factor_step = step
    return [write.useFactorStep(user.name, step)]
  }

  /** Forgets what nobody has confirmed. */
  sweep(): void {
    const now = this.#options.monotonic()
    for (const [session, { until }] of this.#pending) if (now >= until) this.#pending.delete(session)
  }

  /** The time step of which this is the code; undefined when it is that of none near now. */
  #stepOf(secret: string, name: string, code: string): number | undefined {
    const timestamp = this.#options.now()
    const totp = this.#totp(secret, name)
    const delta = totp.validate({ token: code.replaceAll(/\s/g, ''), timestamp, window: WINDOW })
    return delta === null ? undefined : totp.counter({ timestamp }) + delta
  }

  #totp(secret: string, name: string): TOTP {
    const { issuer } = this.#options
    return new TOTP({ issuer, label: name, secret: Secret.fromBase32(secret), ...PARAMETERS })
  }

  #passwordUser(name: string): UserRow {
    const user = this.#options.directory.users.get(name)
    if (!user) throw new BenchError('user.unknown', `there is no user "${name}"`)
    if (user.kind === 'password') return user
    const message = `${name} signs in by the identity provider, which asks for a second factor itself`
    throw new BenchError('input.invalid', message)
  }
}

function newRecoveryCodes(): { codes: string[]; digests: string[] } {
  const codes = Array.from({ length: RECOVERY_CODES }, () => {
    const text = new Secret({ size: RECOVERY_BYTES }).base32.toLowerCase()
    return text.replaceAll(/(.{4})(?=.)/g, '$1-')
  })
  return { codes, digests: codes.map((code) => digestOf(normalised(code))) }
}

function recoveryStatements(name: string, digests: readonly string[]): Statement[] {
  return [write.removeRecoveryCodes(name), ...digests.map((digest) => write.addRecoveryCode(name, digest))]
}

/** A recovery code however it was typed. */
function normalised(code: string): string {
  return code.toLowerCase().replaceAll(/[\s-]/g, '')
}

function noFactor(name: string): BenchError {
  return new BenchError('input.invalid', `${name} has no second factor`)
}
