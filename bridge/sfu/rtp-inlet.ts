import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { types } from 'mediasoup'
import { BenchError } from '../../shared/wire/errors.ts'
import type { Logger } from '../core/log.ts'
import type { OpenInlet, RtpInlet } from '../device/publisher.ts'
import { answered } from './answered.ts'
import { rtpStream } from './codecs.ts'
import { Intake } from './intake.ts'
import type { Enter } from './whip.ts'

/** A sender that has been silent for so long has gone, and another may take its place. */
const SILENT_MS = 3000
const LOOK_EVERY_MS = 500
const RETRY_MS = 500
const RECEIVE_BUFFER = 1 << 21

/** One sender: its stream's number, where its packets come from, and how they go on. */
interface Flow {
  ssrc: number
  from: string
  at: number
  intake: Intake
  /** Towards the SFU, once there is a place for it. */
  inner: Socket | undefined
}

/**
 * Takes plain RTP on a UDP port of ours and hands it on to the SFU: a sender that starts anew has another port and another
 * number, which the SFU alone would not follow. RTCP goes both ways, back to where the sender's own comes from.
 */
export class RtpReceiver implements OpenInlet {
  readonly at: string
  readonly #camera: string
  readonly #inlet: RtpInlet
  readonly #enter: Enter
  readonly #log: Logger
  readonly #outer: Socket
  readonly #look: NodeJS.Timeout
  #flow: Flow | undefined
  #rtcpPort: number | undefined
  #notBefore = 0

  private constructor(camera: string, inlet: RtpInlet, enter: Enter, log: Logger, outer: Socket) {
    this.#camera = camera
    this.#inlet = inlet
    this.#enter = enter
    this.#log = log
    this.#outer = outer
    const { address, port }: AddressInfo = outer.address()
    this.at = `${address}:${port}`
    outer.on('message', (packet, from) => this.#heard(packet, from))
    outer.on('error', (error) => log.warn(error, `${camera}: receiving RTP failed`))
    this.#look = setInterval(() => this.#lookAround(), LOOK_EVERY_MS)
  }

  /** Rejects with `config.invalid` when the port is taken. */
  static async open(camera: string, inlet: RtpInlet, enter: Enter, log: Logger): Promise<RtpReceiver> {
    const { host, port } = inlet
    const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' })
    try {
      socket.bind(port, host)
      await once(socket, 'listening')
    } catch (cause) {
      socket.close()
      const message = `${camera} cannot receive on ${host}:${port} (${String(cause)}): set another host or port in bench.yaml`
      throw new BenchError('config.invalid', message, { device: camera, cause })
    }
    try {
      // A key frame comes all at once.
      socket.setRecvBufferSize(RECEIVE_BUFFER)
    } catch {
      log.debug(`${camera}: the system grants no larger receive buffer`)
    }
    return new RtpReceiver(camera, inlet, enter, log, socket)
  }

  #heard(packet: Buffer, from: RemoteInfo): void {
    if (packet.length < 12 || packet[0]! >> 6 !== 2) return
    const sender = from.address
    if (isRtcp(packet)) {
      if (this.#flow?.from !== sender) return
      this.#rtcpPort = from.port
      this.#flow.inner?.send(packet)
      return
    }
    const ssrc = packet.readUInt32BE(8)
    if (!this.#flow) this.#begin(ssrc, packet[1]! & 0x7f, sender)
    const flow = this.#flow
    if (!flow || flow.ssrc !== ssrc || flow.from !== sender) return
    flow.at = performance.now()
    flow.inner?.send(packet)
  }

  #begin(ssrc: number, payloadType: number, from: string): void {
    if (ssrc === 0 || performance.now() < this.#notBefore) return
    const { codec, onPusher } = this.#inlet
    const intake = this.#enter(
      this.#camera,
      codec,
      (entering) =>
        new Intake({
          ...entering,
          onClosed: () => {
            entering.onClosed()
            if (this.#flow?.intake === intake) this.#end()
          },
        }),
    )
    const flow: Flow = { ssrc, from, at: performance.now(), intake, inner: undefined }
    this.#flow = flow
    onPusher({ name: 'RTP', address: from, codec, since: Date.now() })
    intake
      .open((router) => this.#connect(router, flow, payloadType))
      .catch((error: unknown) => {
        this.#notBefore = performance.now() + RETRY_MS
        this.#log.warn(error, `${this.#camera}: the stream was not taken; trying again`)
      })
  }

  async #connect(router: types.Router, flow: Flow, payloadType: number): Promise<void> {
    const transport = await answered(
      router.createPlainTransport({
        listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
        rtcpMux: true,
        comedia: true,
      }),
      'a transport',
    )
    const producer = await answered(
      transport.produce({
        kind: 'video',
        rtpParameters: rtpStream(this.#inlet.codec, { ssrc: flow.ssrc, payloadType }),
      }),
      'the stream',
    )
    const inner = createSocket('udp4')
    inner.on('message', (packet) => this.#answer(packet))
    // What a dead worker refuses is heard of otherwise.
    inner.on('error', () => {})
    transport.observer.once('close', () => {
      flow.inner = undefined
      inner.close()
    })
    inner.connect(transport.tuple.localPort, '127.0.0.1')
    await once(inner, 'connect')
    if (transport.closed) return
    flow.inner = inner
    flow.intake.show(producer)
  }

  /** RTCP of the SFU's: receiver reports, and requests for a key frame. */
  #answer(packet: Buffer): void {
    const { rtcpPort = this.#rtcpPort } = this.#inlet
    const to = this.#flow?.from
    if (to !== undefined && rtcpPort !== undefined) this.#outer.send(packet, rtcpPort, to)
  }

  #lookAround(): void {
    if (this.#flow && performance.now() - this.#flow.at > SILENT_MS) this.#end()
  }

  #end(): void {
    const flow = this.#flow
    if (!flow) return
    this.#flow = undefined
    this.#rtcpPort = undefined
    flow.intake.close()
    this.#inlet.onPusher(undefined)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#look)
    this.#end()
    this.#outer.close()
  }
}

/** Told from RTP by its payload type, RFC 5761 section 4. */
function isRtcp(packet: Buffer): boolean {
  const type = packet[1]!
  return type >= 192 && type <= 223
}
