import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../support/free-port.ts'

const PROGRAM = '/usr/bin/janus'
const LIBRARIES = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/janus`
const READY_MS = 10_000
const MOUNT = 1

/** Janus, the SFU of Debian's package, with one H.264 stream that it passes on (its streaming plugin). */
export class Janus implements AsyncDisposable {
  /** Where it wants the stream: plain RTP on loopback. */
  readonly rtpPort: number
  readonly #child: ChildProcess
  readonly #url: string

  private constructor(child: ChildProcess, url: string, rtpPort: number) {
    this.#child = child
    this.#url = url
    this.rtpPort = rtpPort
  }

  /** Rejects when it is not installed, or not there within 10 s. */
  static async start(): Promise<Janus> {
    if (!existsSync(PROGRAM)) throw new Error('Janus is not here: apt-get install janus')
    const [httpPort, rtpPort] = [await freePort(), await freeUdpPort()]
    const folder = await mkdtemp(join(tmpdir(), 'lightbench-janus-'))
    const files = {
      'janus.jcfg': `general: { configs_folder = "${folder}"; plugins_folder = "${LIBRARIES}/plugins"
        transports_folder = "${LIBRARIES}/transports"; events_folder = "${folder}"; loggers_folder = "${folder}"
        debug_level = 2 }
        media: { } nat: { ice_ignore_list = "vmnet" ; ice_enforce_list = "127.0.0.1,lo" }
        plugins: { disable = "" } transports: { disable = "libjanus_pfunix.so,libjanus_websockets.so" }`,
      'janus.transport.http.jcfg': `general: { json = "compact"; base_path = "/janus"; http = true
        port = ${httpPort}; ip = "127.0.0.1"; https = false } admin: { admin_http = false }`,
      'janus.plugin.streaming.jcfg': `camera: { type = "rtp"; id = ${MOUNT}; media = (
        { type = "video"; mid = "v"; label = "camera"; port = ${rtpPort}; pt = 96; codec = "h264"
          fmtp = "profile-level-id=42e01f;packetization-mode=1" } ) }`,
    }
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    const child = spawn(PROGRAM, ['-F', folder, '-C', join(folder, 'janus.jcfg')], { stdio: 'ignore' })
    const janus = new Janus(child, `http://127.0.0.1:${httpPort}/janus`, rtpPort)
    for (const end = performance.now() + READY_MS; ;) {
      if (await fetch(`${janus.#url}/info`).catch(() => undefined)) return janus
      if (performance.now() > end) {
        await janus[Symbol.asyncDispose]()
        throw new Error(`Janus did not come up within ${READY_MS / 1000} s`)
      }
      await sleep(50)
    }
  }

  /** Has its stream shown to a viewer, which answers Janus's offer (SDP) with its own. */
  async watch(viewer: (offer: string) => Promise<string>): Promise<void> {
    const session = await this.#post('', { janus: 'create' })
    const handle = await this.#post(`/${session}`, { janus: 'attach', plugin: 'janus.plugin.streaming' })
    await this.#post(`/${session}/${handle}`, { janus: 'message', body: { request: 'watch', id: MOUNT } })
    const offer = await this.#offer(session)
    const jsep = { type: 'answer', sdp: await viewer(offer) }
    await this.#post(`/${session}/${handle}`, { janus: 'message', body: { request: 'start' }, jsep })
  }

  async #offer(session: number): Promise<string> {
    for (;;) {
      const response = await fetch(`${this.#url}/${session}?maxev=1`, {
        signal: AbortSignal.timeout(READY_MS),
      })
      const event = (await response.json()) as { jsep?: { sdp: string } }
      if (event.jsep) return event.jsep.sdp
    }
  }

  /** Answers the id that the request made, if it made one. */
  async #post(path: string, request: Record<string, unknown>): Promise<number> {
    const body = JSON.stringify({ ...request, transaction: 'bench' })
    const response = await fetch(`${this.#url}${path}`, {
      method: 'POST',
      body,
      signal: AbortSignal.timeout(READY_MS),
    })
    const reply = (await response.json()) as { data?: { id: number }; error?: { reason: string } }
    if (reply.error) throw new Error(`Janus: ${reply.error.reason}`)
    return reply.data?.id ?? 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
  }
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}
