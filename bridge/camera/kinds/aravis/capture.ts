import type { CameraFeatures, CameraNode, DeviceSettings } from '../../../../shared/camera/camera-features.ts'
import type { CameraSettings } from '../../../../shared/camera/camera.ts'
import { monotonicMs } from '../../../core/clock.ts'
import { pause } from '../../../core/deadline.ts'
import type { Report } from '../../frame/encode.ts'
import type { Frame } from '../../frame/frame.ts'
import type { AravisSource } from '../../frame/protocol.ts'
import { type Capture, type CaptureNodes, NotAccepted, ShapeChanged } from '../../frame/capture.ts'
import { awaited } from './lane.ts'
import type { Named } from './named.ts'
import { listNodes, setNode } from './nodes.ts'
import { NOMINAL_FPS, nominalFps, type OpenCamera, openCamera } from './open.ts'
import type { PixelLayout } from './pixels.ts'
import { isSameShape, readShape, SHAPING, writeShape } from './shape.ts'
import type { Stream } from './stream.ts'
import { readTurns, writeTurns } from './turns.ts'

/** A camera that runs freely and is so late with a frame hangs. */
const SILENCE_MS = 2500
/** How often a camera that sends nothing, a triggered one for example, is asked whether it is still there. */
const PING_MS = 500
/** How often is asked what has changed by itself, in pings. */
const LOOK_PINGS = 4
/** Features by which frames change their shape: the camera lets nobody touch them while they come. */
const SHAPING_NODES = /^(Width|Height|Offset[XY]|PixelFormat|Binning|Decimation|Reverse)/

/** A GigE Vision or USB3 Vision camera, through libaravis. */
export class AravisCapture implements Capture {
  readonly width: number
  readonly height: number
  readonly nominalFps: number
  readonly nodes: CaptureNodes = {
    list: () => listNodes(this.#named),
    set: (name, value) => this.#setNode(name, value),
  }
  readonly #named: Named
  readonly #stream: Stream
  readonly #layout: PixelLayout
  #shape: OpenCamera['shape']
  #turns: OpenCamera['turns']
  #temperatureC: number | undefined
  #changed: string | undefined
  #failed: Error | undefined
  /** Since when nothing has come, nor anything been set. */
  #quietSince = performance.now()

  private constructor({ named, stream, layout, shape, turns, temperatureC }: OpenCamera) {
    this.#named = named
    this.#stream = stream
    this.#layout = layout
    this.#shape = shape
    this.#turns = turns
    this.#temperatureC = temperatureC
    this.width = shape.settings.region.width
    this.height = shape.settings.region.height
    this.nominalFps = nominalFps(turns.settings)
  }

  /** Opens the camera, sets it as wanted and starts it. Rejects with CameraAbsent, or with the camera's reason. */
  static async open(source: AravisSource, wanted: CameraSettings, report: Report): Promise<AravisCapture> {
    return new AravisCapture(await openCamera(source, wanted, report))
  }

  get bitDepth(): number {
    return this.#layout.bitDepth
  }

  get features(): CameraFeatures {
    return { ...this.#turns.features, ...this.#shape.features }
  }

  get settings(): DeviceSettings {
    return { ...this.#turns.settings, ...this.#shape.settings }
  }

  get temperatureC(): number | undefined {
    return this.#temperatureC
  }

  get lostFrames(): number {
    return this.#stream.lost
  }

  async set(wanted: DeviceSettings): Promise<void> {
    const now = this.settings
    const shaping = SHAPING.filter(
      (name) => wanted[name] !== undefined && JSON.stringify(wanted[name]) !== JSON.stringify(now[name]),
    )
    if (shaping.length > 0) await this.#reshape(() => writeShape(this.#named, wanted))
    await writeTurns(this.#named, wanted, this.#turns.settings)
    await this.#readAgain()
  }

  async run(frame: (frame: Frame) => void, signal: AbortSignal): Promise<void> {
    const { width, height, bitDepth } = this
    const { format } = this.#layout
    let number = 0
    this.#quietSince = performance.now()
    void this.#watch(signal)
    while (!signal.aborted) {
      const taken = await this.#stream.next()
      if (this.#failed !== undefined) throw this.#failed
      if (this.#changed !== undefined) throw new ShapeChanged(this.#changed)
      if (taken) {
        this.#quietSince = performance.now()
        const { exposureMs } = this.#turns.settings
        frame({
          ...{ width, height, bitDepth, format, number: number++, madeAt: monotonicMs(), ...taken },
          ...(exposureMs === undefined ? {} : { exposureMs }),
          ...this.#gain(),
        })
      } else this.#expectFrames()
    }
  }

  #gain(): { gainDb?: number } {
    const { gainDb } = this.#turns.features
    const value = this.#turns.settings.gainDb
    return value !== undefined && gainDb?.kind === 'number' && gainDb.unit === 'dB' ? { gainDb: value } : {}
  }

  #expectFrames(): void {
    const { trigger = 'off', exposureMs = 0, frameRate = NOMINAL_FPS } = this.#turns.settings
    if (trigger !== 'off') return
    const patienceMs = SILENCE_MS + exposureMs + 2000 / frameRate
    if (performance.now() - this.#quietSince < patienceMs) return
    const lost = this.lostFrames
    throw new Error(
      `no whole frame came for ${Math.round(patienceMs / 100) / 10} s though it runs freely` +
        (lost > 0
          ? `; ${lost} came with packets missing: raise net.core.rmem_max or lower the frame rate`
          : ''),
    )
  }

  /** Looks after a camera that says nothing, and for what changes by itself. */
  async #watch(signal: AbortSignal): Promise<void> {
    for (let ping = 1; await pause(PING_MS, signal); ping++) {
      const isQuiet = performance.now() - this.#quietSince > PING_MS
      try {
        if (ping % LOOK_PINGS === 0) await this.#look()
        else if (isQuiet) await this.#named.ask(this.#named.aravis.payload)
      } catch (error) {
        // One word that was lost is not yet a camera that was.
        if (performance.now() - this.#quietSince < PING_MS) continue
        this.#failed = error instanceof Error ? error : new Error(String(error))
        return
      }
    }
  }

  async #look(): Promise<void> {
    const { settings } = this.#turns
    this.#temperatureC = await this.#named.float('DeviceTemperature')
    const isAutomatic = settings.exposureAuto || settings.gainAuto || settings.whiteBalanceAuto
    if (isAutomatic) this.#turns = await readTurns(this.#named)
  }

  async #setNode(name: string, value: CameraNode['value']): Promise<CameraNode> {
    if (!SHAPING_NODES.test(name)) {
      const node = await setNode(this.#named, name, value)
      await this.#readAgain()
      return node
    }
    return this.#reshape(() => setNode(this.#named, name, value))
  }

  async #readAgain(): Promise<void> {
    this.#turns = await readTurns(this.#named)
    this.#quietSince = performance.now()
  }

  /** Does what needs the stream to stand still. */
  async #reshape<R>(work: () => Promise<R>): Promise<R> {
    const { aravis, ask } = this.#named
    await ask(aravis.stop)
    try {
      return await work()
    } finally {
      const before = this.#shape.settings
      this.#shape = await readShape(this.#named)
      const { region, pixelFormat } = this.#shape.settings
      if (isSameShape(before, this.#shape.settings)) await ask(aravis.start)
      else this.#changed = `its frames are ${region.width}x${region.height} ${pixelFormat} now`
      await this.#readAgain()
    }
  }

  async trigger(): Promise<void> {
    if (this.#turns.settings.trigger !== 'software') {
      throw new NotAccepted("has its trigger elsewhere: set trigger to 'software' first")
    }
    await this.#named.ask(this.#named.aravis.triggerNow)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { aravis, ask, camera } = this.#named
    await ask(aravis.stop).catch(() => {})
    await this.#stream.close()
    // Lets go of the control channel: the next one would wait for it until the camera's own heartbeat has run out.
    await awaited(aravis.unref, camera)
  }
}
