import { publish, type Session } from './whip.ts'

const RETRY_MS = 2000
const STATS_MS = 1000
const LOST_MS = 4000

/** Picture sizes to choose from: wanted, not insisted upon. */
export const SIZES = [
  { name: '640x360', width: 640, height: 360 },
  { name: '1280x720', width: 1280, height: 720 },
  { name: '1920x1080', width: 1920, height: 1080 },
] as const
export type SizeName = (typeof SIZES)[number]['name']

/** Cameras by the side of a phone that they are on, for a browser that names none before it may use them. */
export const BACK = 'environment'
const FRONT = 'user'

/** A camera of this machine's on its way to the bench. */
export class Studio {
  /** `publishing` is wanted and may not be so yet. */
  phase = $state<'off' | 'preview' | 'connecting' | 'live' | 'retrying'>('off')
  problem = $state<string>()
  stream = $state.raw<MediaStream>()
  cameras = $state.raw<{ id: string; name: string }[]>([
    { id: BACK, name: 'Camera on the back' },
    { id: FRONT, name: 'Camera on the front' },
  ])
  chosen = $state<string>(BACK)
  size = $state<SizeName>('1280x720')
  sent = $state.raw<{ kbps: number; fps: number; width: number; height: number }>()

  readonly #to: string
  #session: Session | undefined
  #iceServers: RTCIceServer[] = []
  #retry: ReturnType<typeof setTimeout> | undefined
  #stats: ReturnType<typeof setInterval> | undefined
  #lock: WakeLockSentinel | undefined
  #wanted = false
  #turn = 0

  constructor(camera: string) {
    this.#to = camera
  }

  /** Why a browser gives no page like this one a camera; undefined when it may. */
  static whyNot(): string | undefined {
    if (!window.isSecureContext) {
      return `Browsers give a page a camera over https:// alone, or on the machine itself. Open this page as https://${location.host}; the bridge needs a certificate for that: lightbench tls init.`
    }
    // Typed as always there, and absent in browsers that forbid it.
    const devices = navigator.mediaDevices as MediaDevices | undefined
    return devices ? undefined : 'This browser gives pages no camera'
  }

  /** Shows what the chosen camera sees. */
  async preview(): Promise<void> {
    const turn = ++this.#turn
    this.problem = undefined
    const { width, height } = SIZES.find(({ name }) => name === this.size) ?? SIZES[1]
    const which =
      this.chosen === BACK || this.chosen === FRONT
        ? { facingMode: { ideal: this.chosen } }
        : { deviceId: { exact: this.chosen } }
    // Many phones open one camera at a time.
    this.#closeStream()
    try {
      const video = { ...which, width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: 30 } }
      const stream = await navigator.mediaDevices.getUserMedia({ video, audio: false })
      if (turn !== this.#turn) {
        for (const track of stream.getTracks()) track.stop()
        return
      }
      this.stream = stream
      stream.getVideoTracks()[0]?.addEventListener('ended', () => this.#lose('The camera has gone', stream))
      await this.#list(stream)
      if (this.#session) await this.#swap(stream)
      else this.phase = 'preview'
    } catch (error) {
      if (turn !== this.#turn) return
      this.stop()
      this.phase = 'off'
      this.problem = explain(error)
    }
  }

  /** Publishes what is previewed, and begins again by itself when the way to the bridge is lost. */
  async start(): Promise<void> {
    this.#wanted = true
    clearTimeout(this.#retry)
    const track = this.stream?.getVideoTracks()[0]
    if (!track) return
    this.phase = 'connecting'
    this.problem = undefined
    void this.#stayAwake()
    try {
      const session = await publish(this.#to, track, this.#iceServers)
      if (!this.#wanted) {
        session.end()
        return
      }
      this.#session = session
      this.#iceServers = session.iceServers
      this.#follow(session)
    } catch (error) {
      this.#again(explain(error))
    }
  }

  /** Publishes no more; the preview stays. */
  stop(): void {
    this.#wanted = false
    clearTimeout(this.#retry)
    this.#leave()
    void this.#lock?.release().catch(() => undefined)
    this.#lock = undefined
    if (this.phase !== 'off') this.phase = 'preview'
  }

  /** Lets go of everything. */
  close(): void {
    this.#turn += 1
    this.stop()
    this.#closeStream()
    this.phase = 'off'
  }

  #follow(session: Session): void {
    const { connection } = session
    let lost: ReturnType<typeof setTimeout> | undefined
    connection.addEventListener('connectionstatechange', () => {
      if (session !== this.#session) return
      clearTimeout(lost)
      const state = connection.connectionState
      if (state === 'connected') this.phase = 'live'
      if (state === 'failed' || state === 'closed') this.#again('The way to the bridge was lost')
      if (state === 'disconnected')
        lost = setTimeout(() => {
          if (session === this.#session) this.#again('The way to the bridge was lost')
        }, LOST_MS)
    })
    let before: { at: number; bytes: number } | undefined
    clearInterval(this.#stats)
    this.#stats = setInterval(() => {
      void connection.getStats().then((report) => {
        const sent = [...(report as Map<string, Record<string, unknown>>).values()].find(
          ({ type }) => type === 'outbound-rtp',
        )
        if (!sent || session !== this.#session) return
        const number = (name: string): number => Number(sent[name] ?? 0)
        const now = { at: number('timestamp'), bytes: number('bytesSent') }
        if (before && now.at > before.at) {
          this.sent = {
            kbps: ((now.bytes - before.bytes) * 8) / (now.at - before.at),
            ...{ fps: number('framesPerSecond'), width: number('frameWidth'), height: number('frameHeight') },
          }
        }
        before = now
      })
    }, STATS_MS)
  }

  #again(why: string): void {
    this.#leave()
    if (!this.#wanted) return
    this.problem = why
    this.phase = 'retrying'
    this.#retry = setTimeout(() => void this.start(), RETRY_MS)
  }

  #lose(why: string, stream: MediaStream): void {
    if (this.stream !== stream) return
    this.close()
    this.problem = why
  }

  #leave(): void {
    clearInterval(this.#stats)
    this.sent = undefined
    const session = this.#session
    this.#session = undefined
    session?.end()
  }

  async #swap(stream: MediaStream): Promise<void> {
    const [sender] = this.#session?.connection.getSenders() ?? []
    await sender?.replaceTrack(stream.getVideoTracks()[0] ?? null)
  }

  async #list(stream: MediaStream): Promise<void> {
    const all = await navigator.mediaDevices.enumerateDevices()
    const cameras = all.filter(({ kind, deviceId }) => kind === 'videoinput' && deviceId !== '')
    if (cameras.length === 0) return
    this.cameras = cameras.map(({ deviceId, label }, index) => ({
      ...{ id: deviceId, name: label || `Camera ${index + 1}` },
    }))
    this.chosen = stream.getVideoTracks()[0]?.getSettings().deviceId ?? this.chosen
  }

  async #stayAwake(): Promise<void> {
    if (!('wakeLock' in navigator) || (this.#lock && !this.#lock.released)) return
    this.#lock = await navigator.wakeLock.request('screen').catch(() => undefined)
  }

  #closeStream(): void {
    for (const track of this.stream?.getTracks() ?? []) track.stop()
    this.stream = undefined
  }
}

function explain(error: unknown): string {
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  if (name === 'NotAllowedError')
    return 'The browser does not let this page use the camera: allow it in the address bar, or in the settings of the system'
  if (name === 'NotFoundError') return 'This machine has no camera'
  if (name === 'NotReadableError') return 'The camera is in use by another program'
  return message
}
