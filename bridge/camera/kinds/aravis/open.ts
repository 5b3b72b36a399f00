import type { DeviceSettings } from '../../../../shared/camera/camera-features.ts'
import type { CameraSettings } from '../../../../shared/camera/camera.ts'
import type { Report } from '../../frame/encode.ts'
import type { AravisSource } from '../../frame/protocol.ts'
import { checkSettings } from '../../device/settings.ts'
import { CameraAbsent } from '../../frame/capture.ts'
import { findCamera } from './find.ts'
import { AravisError, Lane } from './lane.ts'
import { Named } from './named.ts'
import { loadAravis, type Pointer } from './native.ts'
import { type PixelLayout, pixelLayout } from './pixels.ts'
import { readShape, writeShape } from './shape.ts'
import { Stream } from './stream.ts'
import { readTurns, writeTurns } from './turns.ts'

/** ArvDeviceError: nobody answers, or nobody of that name is there. */
const GONE = [5, 6]
/** ArvGvStreamOption: no packet socket, through which nothing comes on loopback. */
const NO_PACKET_SOCKET = 1
/** Of ArvGvPacketSizeAdjustment, ArvRangeCheckPolicy and ArvAcquisitionMode. */
const NEVER = 0
const ENABLE = 1
const CONTINUOUS = 0
/** What a camera that names no rate, or waits for triggers, is taken to make. */
export const NOMINAL_FPS = 25

/** A camera whose frames are coming. */
export interface OpenCamera {
  named: Named
  stream: Stream
  layout: PixelLayout
  shape: Awaited<ReturnType<typeof readShape>>
  turns: Awaited<ReturnType<typeof readTurns>>
  temperatureC: number | undefined
}

/** Opens a camera, sets it as wanted and starts it. Rejects with CameraAbsent, or with the camera's reason. */
export async function openCamera(
  source: AravisSource,
  { timeCode: _, ...wanted }: CameraSettings,
  report: Report,
): Promise<OpenCamera> {
  const lane = new Lane(loadAravis())
  const camera = await reach(lane, source.camera)
  const named = new Named(lane, camera)
  const { aravis, ask } = named
  const isGigE = aravis.isGigE(camera) !== 0
  if (isGigE) await setUpNetwork(named, source)
  aravis.setRangeCheck(camera, ENABLE)
  // Whoever had it before may have left it running, and much of it cannot be set then.
  await ask(aravis.stop).catch(() => {})
  await ask(aravis.setAcquisitionMode, CONTINUOUS).catch(() => {})
  await setUp(named, wanted)
  const shape = await readShape(named)
  const { region, pixelFormat } = shape.settings
  const layout = pixelLayout(pixelFormat)
  if (!layout) throw new Error(`it sends ${pixelFormat}, which cannot be taken: set another pixelFormat`)
  const turns = await readTurns(named)
  const native = await ask(aravis.createStream, null, null)
  if (native === null) throw new Error('it has no stream')
  const { width, height } = region
  const payload = await ask(aravis.payload)
  const fps = nominalFps(turns.settings)
  const stream = new Stream(aravis, native, { layout, width, height, payload, fps, isGigE })
  await ask(aravis.start)
  const maker = [await ask(aravis.vendor), await ask(aravis.model)].join(' ')
  report('info', `${maker}: ${width}x${height} ${pixelFormat}`)
  const temperatureC = await named.float('DeviceTemperature')
  return { named, stream, layout, shape, turns, temperatureC }
}

async function reach(lane: Lane, wanted: string | undefined): Promise<Pointer> {
  const name = await findCamera(lane.aravis, wanted)
  try {
    const camera = await lane.ask(lane.aravis.open, name)
    if (camera !== null) return camera
  } catch (error) {
    if (error instanceof AravisError && GONE.includes(error.code)) throw new CameraAbsent(error.message)
    throw error
  }
  throw new CameraAbsent(`${name} cannot be opened`)
}

async function setUpNetwork({ aravis, ask, camera }: Named, { packetBytes }: AravisSource): Promise<void> {
  if (!aravis.isController(aravis.device(camera))) {
    throw new Error('another program controls the camera: end it, or wait until it lets go')
  }
  aravis.setStreamOptions(camera, NO_PACKET_SOCKET)
  if (packetBytes === undefined) return
  aravis.setPacketSizeAdjustment(camera, NEVER)
  await ask(aravis.setPacketSize, packetBytes)
}

/** What its configuration, or its former process, asks for: each within what the camera says it takes. */
async function setUp(named: Named, wanted: DeviceSettings): Promise<void> {
  const { region, binning, pixelFormat, ...others } = wanted
  checkSettings('the camera', { binning, pixelFormat }, (await readShape(named)).features)
  await writeShape(named, { binning, pixelFormat })
  checkSettings('the camera', { region }, (await readShape(named)).features)
  await writeShape(named, { region })
  const turns = await readTurns(named)
  checkSettings('the camera', others, turns.features)
  await writeTurns(named, others, turns.settings)
}

/** What the video's encoder is made for. */
export function nominalFps({
  frameRate = NOMINAL_FPS,
  exposureMs = 0,
  trigger = 'off',
}: DeviceSettings): number {
  const fps = trigger === 'off' ? Math.min(frameRate, 1000 / Math.max(exposureMs, 1)) : NOMINAL_FPS
  return Math.round(fps * 100) / 100
}
