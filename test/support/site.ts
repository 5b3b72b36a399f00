import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** A web site on a free port of loopback, whose pages may be changed while it runs. It counts what is asked of it. */
export class Site implements AsyncDisposable {
  readonly #server: Server
  readonly #pages: Record<string, Answer | string>
  readonly asked = new Map<string, number>()
  readonly bodies: { headers: IncomingMessage['headers']; body: string }[] = []

  private constructor(pages: Record<string, Answer | string>) {
    this.#pages = pages
    this.#server = createServer((request, response) => {
      const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
      this.asked.set(path, (this.asked.get(path) ?? 0) + 1)
      const page = this.#pages[path]
      if (typeof page === 'function') page(request, response)
      else if (page === undefined) response.writeHead(404).end()
      else {
        const type = /^[[{]/.test(page) ? 'application/json' : 'text/html; charset=utf-8'
        response.writeHead(200, { 'content-type': type }).end(page)
      }
    })
  }

  static async open(pages: Record<string, Answer | string>): Promise<Site> {
    const site = new Site(pages)
    site.#server.listen(0, '127.0.0.1')
    await once(site.#server, 'listening')
    return site
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`
  }

  set(path: string, page: Answer | string): void {
    this.#pages[path] = page
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
