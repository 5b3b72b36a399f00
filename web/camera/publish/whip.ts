import { basePath } from '../../../shared/wire/base-path.ts'
import { BenchError, unwrap, type Result } from '../../../shared/wire/errors.ts'
import { authorization } from '../../link/credentials.ts'

const DEADLINE_MS = 10_000
const OFFER = 'application/sdp'
const FIRST_KBPS = 1200

/** One session of this page's with the bridge, by WHIP (RFC 9725). */
export interface Session {
  connection: RTCPeerConnection
  /** STUN and TURN servers that the bridge names: for the next session, should this one find no way. */
  iceServers: RTCIceServer[]
  /** Tells the bridge, and lets go. */
  end(): void
}

/** Publishes a picture to a camera of the bench. Rejects with the bridge's BenchError. */
export async function publish(
  camera: string,
  track: MediaStreamTrack,
  iceServers: RTCIceServer[],
): Promise<Session> {
  const connection = new RTCPeerConnection({ iceServers, bundlePolicy: 'max-bundle' })
  try {
    const transceiver = connection.addTransceiver(track, { direction: 'sendonly' })
    preferH264(transceiver)
    await connection.setLocalDescription()
    const response = await ask(`${basePath}/whip/${camera}`, 'POST', connection.localDescription?.sdp ?? '')
    if (response.status !== 201) unwrap((await response.json()) as Result<never>)
    const session = response.headers.get('location') ?? ''
    const end = (): void => {
      // First what ends it properly; a bridge that cannot be reached hears that nothing comes any more.
      void ask(session, 'DELETE')
        .catch(() => undefined)
        .then(() => connection.close())
    }
    try {
      await connection.setRemoteDescription({ type: 'answer', sdp: beginAtOnce(await response.text()) })
      await keepSharp(transceiver.sender)
    } catch (error) {
      end()
      throw error
    }
    return { connection, iceServers: readIceLinks(response.headers.get('link') ?? ''), end }
  } catch (error) {
    connection.close()
    throw error
  }
}

function ask(path: string, method: string, body?: string): Promise<Response> {
  return fetch(path, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': OFFER }), ...authorization() },
    ...(body === undefined ? {} : { body }),
    signal: AbortSignal.timeout(DEADLINE_MS),
    // A page that is left still says that it goes.
    keepalive: method === 'DELETE',
  }).catch((cause: unknown) => {
    throw new BenchError('connection.lost', 'The bridge cannot be reached', { cause })
  })
}

/** Recordings and viewers take H.264 as it is; a browser's own first choice may be another. */
function preferH264(transceiver: RTCRtpTransceiver): void {
  const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? []
  const isH264 = ({ mimeType }: RTCRtpCodec): boolean => mimeType.toLowerCase() === 'video/h264'
  transceiver.setCodecPreferences(codecs.toSorted((a, b) => Number(isH264(b)) - Number(isH264(a))))
}

/** Chromium begins at 300 kbps, and takes many seconds to find that there is room; other browsers pass over this. */
function beginAtOnce(answer: string): string {
  return answer.replace(/^(a=fmtp:\d+ .*packetization-mode.*)$/m, `$1;x-google-start-bitrate=${FIRST_KBPS}`)
}

/** Where the way is narrow, fewer pictures and not smaller ones: what a lab shows is to be read. */
async function keepSharp(sender: RTCRtpSender): Promise<void> {
  const parameters: RTCRtpSendParameters & { degradationPreference?: string } = sender.getParameters()
  parameters.degradationPreference = 'maintain-resolution'
  // Not every browser knows it.
  await sender.setParameters(parameters).catch(() => undefined)
}

/** The servers in a Link header: `<turn:host>; rel="ice-server"; username="…"; credential="…"`. */
export function readIceLinks(header: string): RTCIceServer[] {
  const links = header.matchAll(/<([^>]+)>((?:\s*;\s*[\w-]+="(?:[^"\\]|\\.)*")*)/g)
  return [...links].flatMap(([, urls = '', parameters = '']) => {
    const pairs = [...parameters.matchAll(/([\w-]+)="((?:[^"\\]|\\.)*)"/g)]
    const read = new Map(pairs.map(([, name, value = '']) => [name, value.replace(/\\(.)/g, '$1')]))
    if (read.get('rel') !== 'ice-server') return []
    const [username, credential] = [read.get('username'), read.get('credential')]
    return [username === undefined || credential === undefined ? { urls } : { urls, username, credential }]
  })
}
