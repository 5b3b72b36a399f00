import { setTimeout as sleep } from 'node:timers/promises'
import { Log } from 'node-av/lib'
import { AV_LOG_ERROR } from 'node-av/constants'
import { CameraAbsent, type Capture, ShapeChanged } from '../frame/capture.ts'
import { FileCapture } from '../kinds/file/capture.ts'
import type { Tapping } from '../kinds/pushed/capture.ts'
import { PassedCapture } from '../kinds/file/passed.ts'
import { SimCapture } from '../kinds/sim/sim.ts'
import { withoutCredentials } from '../frame/url.ts'
import type { Report, Sender, Signalling } from '../frame/encode.ts'
import { PassedSender } from '../encode/passed-sender.ts'
import { RtpSender } from '../encode/rtp-sender.ts'
import type { PartMessage } from '../device/bridge-parts.ts'
import type { Part } from '../frame/part.ts'
import { openParts, type Parts } from './parts.ts'
import { Pipeline } from './pipeline.ts'
import { BEAT_MS, type CameraStart, type FromHost, HUNG_MS, type ToHost } from '../frame/protocol.ts'
import { Requests } from './requests.ts'
import { Turner } from './turner.ts'

const ended = new AbortController()
const closing: (() => Promise<void>)[] = []
const requests = new Requests()
const RATES_MS = 1000
const CLOSING_MS = 900

function send(message: FromHost): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected) resolve()
    else process.send?.(message, undefined, {}, () => resolve())
  })
}

const report: Report = (level, message) =>
  void send({ type: 'log', level, message: withoutCredentials(message) })

const signalling: Signalling = {
  connect: async (dtlsParameters) => {
    await requests.ask((request) => void send({ type: 'connect', request, dtlsParameters }))
  },
  produce: async (rtpParameters) =>
    (await requests.ask((request) => void send({ type: 'produce', request, rtpParameters }))).producerId ??
    '',
}

const tapping: Tapping = {
  open: async (port) => {
    const { copy } = await requests.ask((request) => void send({ type: 'tap', request, port }))
    if (!copy) throw new Error('the bridge did not say what comes')
    return copy
  },
  wantKey: () => void send({ type: 'wantKey' }),
}

async function fail(error: unknown): Promise<void> {
  const isPlanned = error instanceof ShapeChanged
  await send({
    type: 'failed',
    reason: withoutCredentials(error instanceof Error ? error.message : String(error)),
    why: isPlanned ? 'shape' : error instanceof CameraAbsent ? 'absent' : undefined,
  })
  // What goes on purpose goes in order: a recording is ended, the camera let go for who comes next.
  if (isPlanned) await end()
  process.exit(1)
}

async function openCapture({ source, codec, settings }: CameraStart): Promise<Capture> {
  // What is native is loaded for who has such a camera only.
  if (source.kind === 'aravis') {
    const { AravisCapture } = await import('../kinds/aravis/capture.ts')
    return AravisCapture.open(source, settings, report)
  }
  if (source.kind === 'v4l2') {
    const { V4l2Capture } = await import('../kinds/v4l2/capture.ts')
    return V4l2Capture.open(source, settings, ended.signal)
  }
  if (source.kind === 'pushed') {
    const { PushedCapture } = await import('../kinds/pushed/capture.ts')
    // Whoever pushes may take a while until the first key frame, and that is no sign of a process that hangs.
    const waiting = setInterval(() => void send({ type: 'beat' }), BEAT_MS)
    return PushedCapture.open(source, tapping).finally(() => clearInterval(waiting))
  }
  if (source.kind === 'scene') {
    const { SceneCapture } = await import('../kinds/scene/capture.ts')
    return SceneCapture.open(source)
  }
  if (source.kind === 'sim') return new SimCapture(source)
  if (source.kind === 'file') return FileCapture.open(source, ended.signal)
  const passed = codec === 'h264' ? await PassedCapture.open(source.url, ended.signal) : undefined
  // What viewers cannot take as it is, is decoded and encoded like any other live stream.
  return passed ?? FileCapture.open({ kind: 'file', url: source.url, live: true, loop: false }, ended.signal)
}

async function openSender(
  start: CameraStart,
  capture: Capture,
  wanted: (wanted: boolean) => void,
): Promise<Sender> {
  if (capture.sender) return capture.sender
  if (capture.stream) return new PassedSender(capture.stream)
  if (start.codec === 'vp8') {
    // libwebrtc is 20 MB and threads of its own: only for who wants it.
    const { Vp8Sender } = await import('../encode/vp8.ts')
    return new Vp8Sender(start.bitrateKbps, signalling, wanted)
  }
  const { width, height, nominalFps } = capture
  return RtpSender.open({ width, height, fps: nominalFps, bitrateKbps: start.bitrateKbps }, report, wanted)
}

async function run(start: CameraStart): Promise<void> {
  const capture = await openCapture(start)
  const sender = await openSender(start, capture, (wanted) => wanted && pipeline.wake())
  const { width, height, bitDepth, nominalFps } = capture
  const pipeline: Pipeline = new Pipeline(width, height, sender, capture.wantFrames?.bind(capture))
  const turner = new Turner(capture, pipeline, (message) => void send(message))
  await turner.apply(start.settings)
  closing.push(() => capture[Symbol.asyncDispose]())
  sender.watch(start.stayAwake === true)
  const { frames, pictures } = pipeline
  const parts = openParts((part) => ({
    width,
    height,
    nominalFps,
    bitrateKbps: start.bitrateKbps,
    frames,
    pictures,
    stream: sender.stream,
    settings: () => turner.settings,
    capture,
    // Which of the messages belongs to which part, the types of PartProtocols say.
    send: (message) => send({ type: 'part', part, message } as FromHost),
    report,
    fail: (error) => void fail(error),
    signal: ended.signal,
    closing: (work) => void closing.push(work),
  }))

  process.on('message', (message: ToHost) => {
    if (message.type === 'target') sender.retarget(message.target).catch(fail)
    else if (message.type === 'watched') sender.watch(message.watched || start.stayAwake === true)
    else if (message.type === 'part') hand(parts, message)
    else if (message.type === 'set') turner.set(message.request, message.settings)
  })
  void send({
    type: 'ready',
    about: {
      ...{ width, height, bitDepth, nominalFps, features: capture.features },
      ...{ settings: turner.settings, encoder: sender.about },
    },
  })
  // A beat says that pictures move too, not only that this thread is alive.
  setInterval(() => pipeline.busyMs < HUNG_MS / 2 && void send({ type: 'beat' }), BEAT_MS)
  setInterval(() => {
    const { lostFrames } = capture
    void send({ type: 'rates', rates: pipeline.rates(), droppedFrames: pipeline.dropped, lostFrames })
    turner.tell()
    // A viewer who sees nothing for 3 s believes the picture lost, and joins again.
    if (turner.isWaiting) pipeline.wake()
  }, RATES_MS)
  pipeline.run().catch(fail)
  await capture.run((frame) => {
    turner.frameAt = frame.madeAt
    pipeline.offer(frame)
  }, ended.signal)
}

function hand(parts: Parts, { part, message }: PartMessage<'to'>): void {
  const to: Part<never> = parts[part]
  to.heard(message as never)
}

// The whole process goes, and what is native in it with it: nothing has to be closed one by one.
async function end(): Promise<void> {
  ended.abort()
  await Promise.race([Promise.allSettled(closing.map((work) => work())), sleep(CLOSING_MS)])
  await sleep(20)
  process.exit(0)
}

Log.setLevel(AV_LOG_ERROR)
// Ctrl-C reaches the whole group; the bridge ends its cameras itself, in order.
process.on('SIGINT', () => {})
process.on('disconnect', () => process.exit(0))
process.on('uncaughtException', (error) => void fail(error))
process.on('message', (message: ToHost) => {
  if (message.type === 'start') run(message.start).catch(fail)
  else if (message.type === 'answer') requests.answer(message.request, message)
  else if (message.type === 'end') void end()
})
