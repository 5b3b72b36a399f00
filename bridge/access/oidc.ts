import { readFile } from 'node:fs/promises'
import * as client from 'openid-client'
import { role as roles, type Role } from '../../shared/access/access.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import { PROOF_MINUTES } from '../../shared/access/people.ts'
import type { Logger } from '../core/log.ts'
import type { OidcConfig } from './oidc-config.ts'
import { newRequest, readRequest, type SignInRequest } from './oidc-request.ts'

/** The provider is waited for so long, in seconds. */
const TIMEOUT_S = 10
/** What a provider says of itself is asked for again after so long. */
const KNOWN_MS = 3_600_000
/** A provider that could not be reached is asked again after so long: many who try to sign in do not each wait for it. */
const AWAY_MS = 3000

/** Somebody as the identity provider names them. */
export interface ProviderPerson {
  /** The issuer and its own name of the person: it stays, whatever they are called. */
  subject: string
  /** What they are called there; undefined when it does not say. */
  name: string | undefined
  groups: string[]
  /** When they showed the provider who they are, in ms since the epoch; undefined when it does not say. */
  shownAt: number | undefined
}

/** Signing in at the lab's identity provider: OpenID Connect's authorization code flow, with PKCE, state and nonce. It is found at the first use. */
export class OidcProvider {
  readonly title: string
  /** Where browsers find the bench's page; undefined for what they ask for. */
  readonly pageUrl: string | undefined
  readonly #config: OidcConfig
  readonly #log: Logger
  #known: { configuration: Promise<client.Configuration>; until: number } | undefined

  constructor(config: OidcConfig, log: Logger) {
    this.title = config.title
    this.pageUrl = config.pageUrl
    this.#config = config
    this.#log = log
  }

  /**
   * Where a browser goes to sign in, and what it brings back as a cookie. `callback`: where the provider sends it then.
   * `anew`: the provider asks who it is, even when it knows. Rejects with `connection.lost` when the provider is away.
   */
  async begin(callback: string, page: string, anew: boolean): Promise<{ url: URL; cookie: string }> {
    const configuration = await this.#configuration()
    const { cookie, state, nonce, verifier } = newRequest(page, anew)
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: callback,
      scope: [...new Set(['openid', ...this.#config.scopes])].join(' '),
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
      ...(anew ? { max_age: '0' } : {}),
    })
    return { url, cookie }
  }

  /**
   * Who has come back: `url` is what the browser asks for, `cookie` what it was given. Rejects with `credentials.invalid`
   * for an answer that is not the provider's to this browser, `connection.lost` when the provider is away.
   */
  async finish(url: URL, cookie: string | undefined): Promise<{ person: ProviderPerson; page: string }> {
    const request = readRequest(cookie)
    if (!request) {
      const message =
        'this browser has not begun to sign in, or has taken more than 10 minutes: sign in again'
      throw new BenchError('credentials.invalid', message)
    }
    const configuration = await this.#configuration()
    const claims = await this.#claims(configuration, url, request).catch((error: unknown) => {
      throw this.#refused(error)
    })
    return { person: this.#personOf(configuration, claims), page: request.page }
  }

  /** The strongest role of these groups; undefined when none has one. */
  roleOf(groups: readonly string[]): Role | undefined {
    const held = groups.map((group) =>
      Object.hasOwn(this.#config.groups, group) ? this.#config.groups[group] : undefined,
    )
    return roles.options.findLast((role) => held.includes(role))
  }

  #configuration(): Promise<client.Configuration> {
    const now = performance.now()
    if (this.#known && now < this.#known.until) return this.#known.configuration
    const configuration = this.#discover()
    const known = { configuration, until: now + KNOWN_MS }
    this.#known = known
    configuration.catch(() => (known.until = performance.now() + AWAY_MS))
    return configuration
  }

  async #discover(): Promise<client.Configuration> {
    const { issuer, clientId } = this.#config
    const secret = await this.#secret()
    const server = new URL(issuer)
    try {
      return await client.discovery(
        server,
        clientId,
        {},
        secret === undefined ? client.None() : client.ClientSecretBasic(secret),
        {
          timeout: TIMEOUT_S,
          // The schema takes http on this machine alone.
          execute: server.protocol === 'http:' ? [client.allowInsecureRequests] : [],
        },
      )
    } catch (cause) {
      this.#log.warn({ error: cause, issuer }, 'the identity provider cannot be reached')
      const message = `the identity provider (${issuer}) cannot be reached: sign in with a password of this bench, or try again later`
      throw new BenchError('connection.lost', message, { cause })
    }
  }

  async #secret(): Promise<string | undefined> {
    const { clientSecretFile, clientSecretEnv } = this.#config
    if (clientSecretEnv !== undefined) {
      const secret = process.env[clientSecretEnv]
      if (secret) return secret
      const message = `the environment variable ${clientSecretEnv} (server.oidc.clientSecretEnv) is not set where the bridge runs`
      throw new BenchError('config.invalid', message)
    }
    if (clientSecretFile === undefined) return undefined
    try {
      return (await readFile(clientSecretFile, 'utf8')).trim()
    } catch (cause) {
      const message = `${clientSecretFile} (server.oidc.clientSecretFile) cannot be read by the bridge`
      throw new BenchError('config.invalid', message, { cause })
    }
  }

  async #claims(
    configuration: client.Configuration,
    url: URL,
    { state, nonce, verifier, anew }: SignInRequest,
  ): Promise<Record<string, unknown> & { sub: string }> {
    const tokens = await client.authorizationCodeGrant(configuration, url, {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: verifier,
      ...(anew ? { maxAge: PROOF_MINUTES * 60 } : {}),
    })
    const claims = tokens.claims()
    if (!claims) throw new Error('the provider has sent no ID token')
    const { claim, nameClaim } = this.#config
    const isWhole = claims[claim] !== undefined && claims[nameClaim] !== undefined
    if (isWhole || configuration.serverMetadata().userinfo_endpoint === undefined) return claims
    const more = await client.fetchUserInfo(configuration, tokens.access_token, claims.sub)
    return { ...more, ...claims }
  }

  #personOf(
    configuration: client.Configuration,
    claims: Record<string, unknown> & { sub: string },
  ): ProviderPerson {
    const { claim, nameClaim } = this.#config
    const name = claims[nameClaim]
    const groups = claims[claim]
    const shownAt = claims['auth_time']
    return {
      subject: JSON.stringify([configuration.serverMetadata().issuer, claims.sub]),
      name: typeof name === 'string' ? name : undefined,
      groups: [groups].flat().filter((group) => typeof group === 'string'),
      shownAt: typeof shownAt === 'number' ? shownAt * 1000 : undefined,
    }
  }

  #refused(error: unknown): BenchError {
    this.#log.warn({ error }, 'the identity provider let nobody in')
    // What stands in the address may be anybody's words: of the provider's, only the code is told.
    const code = error instanceof client.AuthorizationResponseError ? `: ${error.error.slice(0, 40)}` : ''
    const isAway = error instanceof TypeError || (error as { name?: unknown } | null)?.name === 'TimeoutError'
    return isAway
      ? new BenchError('connection.lost', 'the identity provider does not answer: try again later', {
          cause: error,
        })
      : new BenchError(
          'credentials.invalid',
          `the identity provider has not let you in${code}: sign in again`,
          { cause: error },
        )
  }
}
