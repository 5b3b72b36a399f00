import { closeSync, constants, openSync } from 'node:fs'
import type { CameraFeatures, CameraNode, DeviceSettings } from '../../../../shared/camera/camera-features.ts'
import type { CameraSettings } from '../../../../shared/camera/camera.ts'
import { monotonicMs } from '../../../core/clock.ts'
import { withDeadline } from '../../../core/deadline.ts'
import type { Frame } from '../../frame/frame.ts'
import type { V4l2Source } from '../../frame/protocol.ts'
import { checkSettings } from '../../device/settings.ts'
import { CameraAbsent, type Capture, type CaptureNodes, ShapeChanged } from '../../frame/capture.ts'
import { I420Converter } from '../../decode/converter.ts'
import { Decoder } from '../../decode/decoder.ts'
import { Demuxer } from '../../decode/demuxer.ts'
import { V4l2Controls } from './controls.ts'
import { inputFormat, listFormats, listRates } from './formats.ts'
import { ioctlOn } from './ioctl.ts'

/** A camera that runs freely and is so late with a frame hangs; it may need as long again for each exposure. */
const SILENCE_MS = 2500

interface Opened {
  fd: number
  controls: V4l2Controls
  demuxer: Demuxer
  decoder: Decoder
  formats: string[]
  fourcc: string | undefined
}

/** A camera that Linux itself drives (V4L2): frames by FFmpeg's reader, controls by ioctl. */
export class V4l2Capture implements Capture {
  readonly bitDepth = 8
  readonly nominalFps: number
  readonly nodes: CaptureNodes
  readonly #opened: Opened
  readonly #converter: I420Converter
  readonly #rates: number[]
  #next: Pick<DeviceSettings, 'pixelFormat' | 'frameRate'> | undefined
  #number = 0

  private constructor(opened: Opened, rates: number[]) {
    this.#opened = opened
    this.#rates = rates
    const { controls, demuxer, decoder } = opened
    this.#converter = new I420Converter(decoder.width, decoder.height)
    this.nominalFps = Math.round(demuxer.fps * 100) / 100
    this.nodes = {
      list: async () => controls.list(),
      set: async (name, value: CameraNode['value']) => controls.setNode(name, value),
    }
  }

  /** Throws CameraAbsent when there is no such device, or its driver's or FFmpeg's reason. */
  static async open(source: V4l2Source, settings: CameraSettings, signal: AbortSignal): Promise<V4l2Capture> {
    const fd = openDevice(source.path)
    const ioctl = ioctlOn(fd)
    const controls = new V4l2Controls(ioctl)
    const formats = listFormats(ioctl)
    const { timeCode: _, ...wanted } = settings
    const fourcc = settings.pixelFormat ?? formats[0]
    if (fourcc !== undefined && !formats.includes(fourcc)) {
      throw new Error(`it has no pixel format ${fourcc}: it has ${formats.join(', ')}`)
    }
    const fps = settings.frameRate ?? source.fps
    const options = {
      ...(fourcc === undefined ? {} : { input_format: inputFormat(fourcc) ?? '' }),
      ...(source.width && source.height ? { video_size: `${source.width}x${source.height}` } : {}),
      ...(fps ? { framerate: String(fps) } : {}),
    }
    const demuxer = await Demuxer.open(source.path, true, signal, { format: 'v4l2', options })
    const decoder = await Decoder.open(demuxer.stream)
    const rates = fourcc === undefined ? [] : listRates(ioctl, fourcc, decoder.width, decoder.height)
    const capture = new V4l2Capture({ fd, controls, demuxer, decoder, formats, fourcc }, rates)
    checkSettings('the camera', wanted, capture.features)
    return capture
  }

  get width(): number {
    return this.#converter.width
  }

  get height(): number {
    return this.#converter.height
  }

  get features(): CameraFeatures {
    const { controls, formats } = this.#opened
    const rates = this.#rates
    return {
      ...controls.features,
      ...(formats.length > 0 ? { pixelFormat: { kind: 'choice', choices: formats } } : {}),
      ...(rates.length > 0
        ? { frameRate: { kind: 'number', min: Math.min(...rates), max: Math.max(...rates), unit: 'fps' } }
        : {}),
    }
  }

  get settings(): DeviceSettings {
    const { controls, fourcc } = this.#opened
    return {
      ...controls.settings,
      ...(fourcc === undefined ? {} : { pixelFormat: fourcc }),
      ...(this.#rates.length > 0 ? { frameRate: this.nominalFps } : {}),
      ...this.#next,
    }
  }

  set(wanted: DeviceSettings): void {
    this.#opened.controls.set(wanted)
    const { pixelFormat, frameRate } = this.settings
    const next = {
      ...(wanted.pixelFormat !== undefined && wanted.pixelFormat !== pixelFormat
        ? { pixelFormat: wanted.pixelFormat }
        : {}),
      ...(wanted.frameRate !== undefined && wanted.frameRate !== frameRate
        ? { frameRate: wanted.frameRate }
        : {}),
    }
    if (Object.keys(next).length > 0) this.#next = next
  }

  async run(frame: (frame: Frame) => void, signal: AbortSignal): Promise<void> {
    const { demuxer, decoder } = this.#opened
    while (!signal.aborted) {
      // The driver's wait for a frame listens to nobody, so this does not wait for it.
      const packet = await withDeadline(demuxer.next(signal), this.#patienceMs(), 'its next frame', {
        signal,
      })
      if (!packet) throw new Error('its driver sends no more')
      if (this.#next) throw new ShapeChanged('it is set to another format or rate')
      const madeAt = monotonicMs()
      await decoder.feed(packet)
      for (let decoded = await decoder.next(); typeof decoded !== 'string'; decoded = await decoder.next()) {
        const { width, height, bitDepth } = this
        const data = this.#converter.convert(decoded)
        frame({ width, height, bitDepth, format: 'i420', data, number: this.#number++, madeAt })
      }
    }
  }

  #patienceMs(): number {
    return SILENCE_MS + 2000 / Math.max(this.nominalFps, 0.1)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { fd, demuxer, decoder } = this.#opened
    decoder[Symbol.dispose]()
    this.#converter[Symbol.dispose]()
    await demuxer[Symbol.asyncDispose]()
    closeSync(fd)
  }
}

function openDevice(path: string): number {
  try {
    return openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EACCES') {
      throw new CameraAbsent(`${path} is not for this user to open: add it to the group video`)
    }
    if (code === 'ENOENT' || code === 'ENODEV' || code === 'ENXIO') {
      throw new CameraAbsent(`there is no camera at ${path}: check its plug, and path in bench.yaml`)
    }
    throw error
  }
}
