import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'

const TTL_S = 600
const signingKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })
const SECRET = 'a secret of the bench and the provider'

/** What the lab knows of a person. */
interface Person {
  preferred_username?: string
  groups?: string[]
}

/** A lab's identity provider on loopback, at which whoever comes is `person`. */
export class IdentityProvider implements AsyncDisposable {
  /** Who sits at the browser; undefined for somebody who turns back. */
  person: string | undefined
  readonly people = new Map<string, Person>()
  readonly issuer: string
  readonly #server: Server
  #provider: Provider | undefined

  private constructor(server: Server) {
    this.#server = server
    this.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('request', (request, response) => void this.#answer(request, response))
  }

  static async listen(): Promise<IdentityProvider> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new IdentityProvider(server)
  }

  /** What the bench is told of it. */
  get config(): { issuer: string; clientId: string } {
    return { issuer: this.issuer, clientId: 'bench' }
  }

  get secret(): string {
    return SECRET
  }

  /** Gets to know the bench; until then it answers nobody. */
  meet(redirectUri: string): void {
    const { people } = this
    this.#provider = new Provider(this.issuer, {
      clients: [{ client_id: 'bench', client_secret: SECRET, redirect_uris: [redirectUri] }],
      scopes: ['openid', 'profile', 'groups'],
      claims: { openid: ['sub'], profile: ['preferred_username'], groups: ['groups'] },
      pkce: { required: () => true },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_, { uid }) => `/interaction/${uid}` },
      ttl: { AccessToken: TTL_S, Grant: TTL_S, IdToken: TTL_S, Interaction: TTL_S, Session: TTL_S },
      jwks: { keys: [signingKey] },
      cookies: { keys: ['a key of the test'] },
      findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...people.get(sub) }) }),
      loadExistingGrant: async ({ oidc }) => {
        const grant = new oidc.provider.Grant({
          clientId: oidc.client!.clientId,
          accountId: oidc.session!.accountId!,
        })
        grant.addOIDCScope('openid profile groups')
        await grant.save()
        return grant
      },
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const provider = this.#provider
    if (!provider) response.writeHead(503).end()
    else if (request.url?.startsWith('/interaction/')) {
      const result =
        this.person === undefined ? { error: 'access_denied' } : { login: { accountId: this.person } }
      await provider.interactionFinished(request, response, result)
    } else await provider.callback()(request, response)
  }
}
