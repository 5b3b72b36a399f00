import { Agent, request } from 'undici'
import { BenchError } from '../../../../shared/wire/errors.ts'
import { secretNamesIn } from '../../../../shared/wire/secret-reference.ts'
import type { PageHeader } from '../../../../shared/watches/watch-what.ts'
import { addressShown } from '../../../../shared/watches/web-address.ts'
import { filled, filledAddress, requireHost, type Secrets } from '../../../core/filled.ts'
import type { Addresses } from './addresses.ts'

const MOST_BYTES = 5_000_000
const MOST_REDIRECTS = 10
const AGENT_NAME = 'Lightbench (watch)'

/** What is to be fetched. The address and the headers may refer to these secrets. */
interface PageRequest {
  url: string
  headers: readonly PageHeader[]
  secrets: Secrets
}

/** A page as it was fetched. */
export interface FetchedPage {
  body: string
  type: 'html' | 'text'
}

/** Fetches pages from addresses that may be asked: the connection itself goes to no other, redirected or not. */
export class PageFetcher implements AsyncDisposable {
  readonly #addresses: Addresses
  readonly #agents = new Map<number, Agent>()

  constructor(addresses: Addresses) {
    this.#addresses = addresses
  }

  /**
   * Throws `watch.failed`, saying what was wrong with the address or the answer, and `secret.refused` where a named secret
   * would be sent to a host that it is not for: the address's, or one that it redirects to.
   */
  async fetch({ url, headers: sent, secrets }: PageRequest, signal: AbortSignal): Promise<FetchedPage> {
    const names = [url, ...sent.map(({ value }) => value)].flatMap(secretNamesIn)
    const first = new URL(filledAddress(url, secrets))
    let at = first
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      // What was sent to the first may be in the address that it redirects to.
      requireHost(names, { to: at, secrets })
      const own = at.origin === first.origin ? sent : []
      const { statusCode, headers, body } = await this.#get(at, {
        signal,
        headers: Object.fromEntries(
          own.map(({ name, value }) => [name.toLowerCase(), filled(value, { to: at, secrets })]),
        ),
      })
      if (statusCode >= 300 && statusCode < 400 && headers['location'] !== undefined) {
        await body.dump({ limit: 1000 }).catch(() => {})
        at = redirected(String(headers['location']), at)
        continue
      }
      if (statusCode >= 400) {
        await body.dump({ limit: 1000 }).catch(() => {})
        throw new BenchError('watch.failed', `${addressShown(at.href)} answered ${statusCode}`)
      }
      const type = String(headers['content-type'] ?? '').toLowerCase()
      if (/attachment/i.test(String(headers['content-disposition'] ?? '')) || isBinary(type)) {
        body.destroy()
        throw new BenchError(
          'watch.failed',
          `${addressShown(at.href)} is a download (${type || 'no type'}), not a page`,
        )
      }
      return { body: await textOf(body, type), type: /html|xml/.test(type) ? 'html' : 'text' }
    }
    throw new BenchError(
      'watch.failed',
      `${addressShown(url)} redirects more than ${MOST_REDIRECTS} times, to ${addressShown(at.href)} last`,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.destroy()))
  }

  async #get(
    at: URL,
    { signal, headers }: { signal: AbortSignal; headers: Record<string, string> },
  ): ReturnType<typeof request> {
    const port = Number(at.port) || (at.protocol === 'https:' ? 443 : 80)
    this.#addresses.requireHost(at.hostname, port)
    try {
      return await request(at, {
        dispatcher: this.#agent(port),
        signal,
        headers: {
          'user-agent': AGENT_NAME,
          accept: 'text/html, application/json, text/plain, */*;q=0.5',
          ...signInOf(at),
          ...headers,
        },
      })
    } catch (cause) {
      if (cause instanceof BenchError) throw cause
      const why = cause instanceof Error ? cause.message || cause.name : String(cause)
      throw new BenchError('watch.failed', `${addressShown(at.href)} cannot be fetched: ${why}`, { cause })
    }
  }

  /** One a port, since what may be asked may depend on it. */
  #agent(port: number): Agent {
    let agent = this.#agents.get(port)
    if (!agent) {
      agent = new Agent({
        connect: { lookup: this.#addresses.lookupFor(port) },
        keepAliveTimeout: 1000,
        maxResponseSize: MOST_BYTES,
      })
      this.#agents.set(port, agent)
    }
    return agent
  }
}

/** Who signs in by the address itself, as a browser would say it (RFC 7617). */
function signInOf({ username, password }: URL): { authorization?: string } {
  if (username === '' && password === '') return {}
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

function redirected(location: string, from: URL): URL {
  const to = URL.canParse(location, from) ? new URL(location, from) : undefined
  if (to && /^https?:$/.test(to.protocol)) return to
  throw new BenchError(
    'watch.failed',
    `${addressShown(from.href)} redirects to ${to ? addressShown(to.href) : 'an address that is none'}, which is no page`,
  )
}

function isBinary(type: string): boolean {
  return (
    /^(image|audio|video|font)\/|octet-stream|application\/(zip|pdf|gzip)/.test(type) && !type.includes('svg')
  )
}

async function textOf(body: AsyncIterable<Uint8Array>, type: string): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of body) {
      bytes += chunk.length
      if (bytes > MOST_BYTES)
        throw new BenchError('watch.failed', `the page is larger than ${MOST_BYTES / 1e6} MB`)
      chunks.push(chunk)
    }
  } catch (cause) {
    if (cause instanceof BenchError) throw cause
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new BenchError('watch.failed', `the page broke off: ${why}`, { cause })
  }
  const charset = /charset=["']?([\w-]+)/.exec(type)?.[1] ?? 'utf-8'
  const decoder = new TextDecoder(isCharset(charset) ? charset : 'utf-8')
  return decoder.decode(Buffer.concat(chunks))
}

function isCharset(name: string): boolean {
  try {
    return new TextDecoder(name).encoding !== ''
  } catch {
    return false
  }
}
