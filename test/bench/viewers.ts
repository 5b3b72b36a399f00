import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openCamera } from '../../bridge/camera/device/device.ts'
import type { Publisher } from '../../bridge/device/publisher.ts'
import { Ingest, type Live } from '../../bridge/sfu/ingest.ts'
import { Workers } from '../../bridge/sfu/worker.ts'
import { cameraContext, cameraTopic, log } from '../sfu/media-rig.ts'
import { progress, rounded } from './statistics.ts'

const STEPS = [25, 50, 100, 150, 200, 250, 300]
const SETTLE_MS = 1500
const MEASURE_MS = 4000
const MOST_LOSS_PERCENT = 1
/** A worker that has no more of its core than this to spare is full. */
const MOST_CPU_PERCENT = 95
const KBPS = 1500
/** AES_CM_128_HMAC_SHA1_80: 16 bytes of key, 14 of salt (RFC 3711 section 8.2). */
const SRTP_KEY_BYTES = 30

interface Step {
  viewers: number
  cpuPercent: number
  lossPercent: number
}

/**
 * How many viewers of 1.5 Mbps at 30 fps one of the SFU's workers, which is one core, carries with less than 1 % of the
 * packets lost: each is a port of its own to which the stream goes encrypted (SRTP) as to a browser, up to 300. The CPU
 * is the worker's alone, in percent of a core a viewer, at that number.
 */
export async function measure(): Promise<{ viewers: number; cpuPerViewer: number; lossPercent: number }> {
  const workers = await Workers.open({ host: '127.0.0.1', port: 0, workers: 1, log })
  const sink = fork(fileURLToPath(new URL('viewer-sink.ts', import.meta.url)))
  try {
    await using _camera = await openCamera(
      {
        source: { kind: 'sim', width: 640, height: 480, fps: 30, seed: 1 },
        codec: 'h264',
        bitrateKbps: KBPS,
        stayAwake: true,
        settings: {},
      },
      cameraContext(publisherOn(workers), cameraTopic()),
    )
    const live = await firstLive
    let best: Step | undefined
    let viewers = 0
    for (const step of STEPS) {
      for (; viewers < step; viewers++) await addViewer(live, sink)
      await sleep(SETTLE_MS)
      const result = { viewers, ...(await load(workers, sink)) }
      progress(
        `${viewers} viewers: ${rounded(result.cpuPercent)} % of a core, ${rounded(result.lossPercent)} % lost`,
      )
      if (result.lossPercent >= MOST_LOSS_PERCENT || result.cpuPercent >= MOST_CPU_PERCENT) break
      best = result
    }
    if (!best) throw new Error(`even ${STEPS[0]} viewers are too many for this machine as it is now`)
    return {
      viewers: best.viewers,
      cpuPerViewer: Math.round((best.cpuPercent / best.viewers) * 1000) / 1000,
      lossPercent: Math.round(best.lossPercent * 1000) / 1000,
    }
  } finally {
    sink.kill('SIGKILL')
    workers[Symbol.dispose]()
  }
}

const { promise: firstLive, resolve: isLive } = Promise.withResolvers<Live>()

function publisherOn(workers: Workers): Publisher {
  return {
    publish: (camera, codec, sending, quality) =>
      new Ingest({
        ...{ camera, codec, workers, log, sending },
        onLive: (live) => quality !== 'half' && isLive(live),
        onEnded: () => {},
        onClosed: () => {},
      }),
    receive: () => Promise.reject(new Error('nobody pushes here')),
  }
}

async function ask<T>(sink: ChildProcess, what: 'open' | 'begin' | 'end'): Promise<T> {
  const answered = once(sink, 'message')
  sink.send(what)
  const [answer] = (await answered) as [T]
  return answer
}

async function addViewer({ router, producer }: Live, sink: ChildProcess): Promise<void> {
  const port = await ask<number>(sink, 'open')
  const transport = await router.createPlainTransport({
    listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
    rtcpMux: true,
    enableSrtp: true,
    srtpCryptoSuite: 'AES_CM_128_HMAC_SHA1_80',
  })
  const keyBase64 = randomBytes(SRTP_KEY_BYTES).toString('base64')
  await transport.connect({
    ip: '127.0.0.1',
    port,
    srtpParameters: { cryptoSuite: 'AES_CM_128_HMAC_SHA1_80', keyBase64 },
  })
  // Nothing is asked for again: a packet that does not come counts as lost.
  await transport.consume({
    producerId: producer.id,
    // Without the extensions, by which bandwidth is probed with packets that are not the stream's.
    rtpCapabilities: { codecs: router.rtpCapabilities.codecs ?? [], headerExtensions: [] },
    enableRtx: false,
  })
}

async function load(workers: Workers, sink: ChildProcess): Promise<Omit<Step, 'viewers'>> {
  await ask(sink, 'begin')
  const [before] = await workers.usage()
  const begun = performance.now()
  await sleep(MEASURE_MS)
  const [after] = await workers.usage()
  const ms = performance.now() - begun
  const { received, sent } = await ask<{ received: number; sent: number }>(sink, 'end')
  if (!before || !after) throw new Error('the worker is gone')
  return { cpuPercent: ((after.cpuMs - before.cpuMs) / ms) * 100, lossPercent: (1 - received / sent) * 100 }
}
