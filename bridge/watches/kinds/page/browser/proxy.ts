import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import type { Addresses } from '../addresses.ts'

const CONNECT_MS = 15_000
/** Marks an answer that is the proxy's own. */
export const REFUSED = 'lightbench-refused'

/**
 * The browser's only way out: everything that it loads, scripts, redirects and sockets included, is asked for here by
 * name, and connected to an address that may be asked. What it would look up for itself could be another address later.
 */
export class Proxy implements AsyncDisposable {
  readonly #server: Server
  readonly #addresses: Addresses
  readonly #sockets = new Set<Duplex>()

  private constructor(addresses: Addresses) {
    this.#addresses = addresses
    this.#server = createServer((asked, answer) => this.#forward(asked, answer))
    this.#server.on('connect', (asked, socket: Duplex, head: Buffer) => this.#tunnel(asked, socket, head))
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  static async open(addresses: Addresses): Promise<Proxy> {
    const proxy = new Proxy(addresses)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #forward(asked: IncomingMessage, answer: ServerResponse): void {
    const url = URL.canParse(asked.url ?? '') ? new URL(asked.url ?? '') : undefined
    if (url?.protocol !== 'http:') {
      answer.writeHead(400).end()
      return
    }
    const port = Number(url.port) || 80
    const fail = (error: Error): void => {
      const refused = isRefusal(error)
      if (answer.headersSent) answer.destroy()
      else {
        answer.writeHead(refused ? 403 : 502, {
          'content-type': 'text/plain; charset=utf-8',
          ...(refused && { [REFUSED]: '1' }),
        })
        answer.end(error.message)
      }
    }
    try {
      this.#addresses.requireHost(url.hostname, port)
      const { 'proxy-connection': _, ...headers } = asked.headers
      const out = request(url, {
        method: asked.method,
        headers,
        agent: false,
        lookup: this.#addresses.lookupFor(port),
        timeout: CONNECT_MS * 4,
      })
      out.on('response', (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers)
        response.pipe(answer)
        response.on('error', () => answer.destroy())
      })
      // A page that asks for another protocol on plain HTTP: ws://
      out.on('upgrade', (response, socket) => {
        socket.destroy()
        answer.writeHead(response.statusCode ?? 502).end()
      })
      out.on('error', fail)
      answer.on('close', () => out.destroy())
      asked.pipe(out)
    } catch (error) {
      fail(error as Error)
    }
  }

  #tunnel(asked: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { hostname, port: text } = new URL(`http://${asked.url ?? ''}`)
    const port = Number(text) || 80
    const fail = (error: Error): void => {
      const refused = isRefusal(error)
      socket.end(`HTTP/1.1 ${refused ? '403 Forbidden' : '502 Bad Gateway'}\r\nContent-Length: 0\r\n\r\n`)
    }
    let out: Socket
    try {
      this.#addresses.requireHost(hostname, port)
      const host = hostname.replace(/^\[(.*)\]$/, '$1')
      out = connect({ host, port, lookup: this.#addresses.lookupFor(port), timeout: CONNECT_MS })
    } catch (error) {
      fail(error as Error)
      return
    }
    this.#sockets.add(out)
    out.once('close', () => {
      this.#sockets.delete(out)
      socket.destroy()
    })
    out.once('error', fail)
    out.once('timeout', () => out.destroy(new Error(`${hostname} does not answer`)))
    out.once('connect', () => {
      out.setTimeout(0)
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      out.write(head)
      out.pipe(socket).pipe(out)
    })
    socket.once('error', () => out.destroy())
    socket.once('close', () => out.destroy())
  }
}

function isRefusal(error: Error): boolean {
  return 'code' in error && error.code === 'watch.failed'
}
