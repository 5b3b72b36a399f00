import { Device, type types } from 'mediasoup-client'
import type { Quality } from '../../../shared/camera/camera.ts'
import type { OutputOf } from '../../../shared/commands.ts'
import { call } from '../../link/call.ts'
import { socket } from '../../link/socket.ts'

const DEADLINE_MS = 4000

type Joined = OutputOf<'camera.join'>

/** A camera's picture on its way to this page. */
export interface Reception {
  /** How the bridge knows this viewer. */
  viewer: string
  /** Which publication this is the picture of. */
  generation: number
  track: MediaStreamTrack
  receiver: RTCRtpReceiver
  /** Tells the bridge, if it is there, and lets go of everything. */
  close(): void
}

/** Who joins: the camera, when to give up, and whom to tell how the transport fares. */
export interface JoinRequest {
  camera: string
  quality: Quality
  signal: AbortSignal
  onState: (state: types.ConnectionState) => void
  onFailure: (error: unknown) => void
}

/**
 * Loading asks the browser for its codecs and takes tens of ms. What comes out depends on the router's capabilities
 * alone, so the same capabilities may have the same device.
 */
let loaded: { capabilities: string; device: Device } | undefined

async function deviceFor(routerRtpCapabilities: Joined['routerRtpCapabilities']): Promise<Device> {
  const capabilities = JSON.stringify(routerRtpCapabilities)
  if (loaded?.capabilities === capabilities) return loaded.device
  const device = new Device()
  await device.load({ routerRtpCapabilities: routerRtpCapabilities })
  loaded = { capabilities, device }
  return device
}

function leave(viewer: string): void {
  // A bridge that is gone has already let go.
  if (socket.connected) void call('camera.leave', { viewer }).catch(() => undefined)
}

/** Joins a camera: resolves when the picture has been asked to flow. Rejects, having left, when it cannot or may not. */
export async function receiveCamera(request: JoinRequest): Promise<Reception> {
  const joined = await call(
    'camera.join',
    { camera: request.camera, quality: request.quality },
    { deadlineMs: DEADLINE_MS },
  )
  const closers: (() => void)[] = [() => leave(joined.viewer)]
  const close = (): void => closers.splice(0).forEach((closer) => closer())
  try {
    request.signal.throwIfAborted()
    const device = await deviceFor(joined.routerRtpCapabilities)
    const rtpCapabilities = { ...device.recvRtpCapabilities }
    // The question travels while the browser builds its transport.
    const consuming = call(
      'camera.consume',
      { viewer: joined.viewer, rtpCapabilities },
      { deadlineMs: DEADLINE_MS },
    )
    const transport = device.createRecvTransport({
      ...(joined.transport as unknown as types.TransportOptions),
      iceServers: joined.iceServers,
    })
    closers.unshift(() => transport.close())
    transport.on('connectionstatechange', (state) => {
      if (state === 'disconnected') restartIce(transport, joined.viewer)
      request.onState(state)
    })
    transport.on('connect', ({ dtlsParameters }, done) => {
      const input = { viewer: joined.viewer, dtlsParameters: { ...dtlsParameters } }
      call('camera.connect', input, { deadlineMs: DEADLINE_MS }).catch(request.onFailure)
      // The browser may begin at once: until the bridge has the parameters it only repeats itself.
      done()
    })
    const offered = await consuming
    request.signal.throwIfAborted()
    const consumer = await transport.consume({
      ...offered,
      rtpParameters: offered.rtpParameters as unknown as types.RtpParameters,
    })
    request.signal.throwIfAborted()
    const receiver = consumer.rtpReceiver
    if (!receiver) throw new Error('this browser gives no access to its RTP receiver')
    showAtOnce(receiver)
    call('camera.resume', { viewer: joined.viewer }, { deadlineMs: DEADLINE_MS }).catch(request.onFailure)
    const { viewer, generation } = joined
    return { viewer, generation, track: consumer.track, receiver, close }
  } catch (error) {
    close()
    throw error
  }
}

/** The network has changed, perhaps: with new credentials the same picture goes on by another way. What fails is joined anew. */
function restartIce(transport: types.Transport, viewer: string): void {
  call('camera.restartIce', { viewer }, { deadlineMs: DEADLINE_MS })
    .then(({ iceParameters }) =>
      transport.restartIce({ iceParameters: iceParameters as unknown as types.IceParameters }),
    )
    .catch(() => undefined)
}

function showAtOnce(receiver: RTCRtpReceiver & { playoutDelayHint?: number }): void {
  if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0
  else (receiver as { playoutDelayHint?: number }).playoutDelayHint = 0
}
