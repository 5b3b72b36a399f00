import type { Browser } from 'playwright-core'
import { setTimeout as sleep } from 'node:timers/promises'
import { openCamera } from '../../bridge/camera/device/device.ts'
import type { Publisher, Sending } from '../../bridge/device/publisher.ts'
import { cameraContext, cameraTopic } from '../sfu/media-rig.ts'
import { Janus } from './janus.ts'
import { addTimeReader, agesOfVideo } from './time-reader.ts'

const SSRC = 0x11223344
/** How often somebody asks for a key frame until there are pictures: Janus, fed by plain RTP, has no way to. */
const KEY_EVERY_MS = 500
const SEEN_MS = 15_000
/** Half a second of pictures: then the page plays. */
const SEEN_FRAMES = 15

/** The ages in ms of the pictures, over `ms`, that a page sees through Janus, which our own camera's process feeds. */
export async function agesThroughJanus(browser: Browser, ms: number): Promise<number[]> {
  await using janus = await Janus.start()
  let sending: Sending | undefined
  const publisher: Publisher = {
    publish: (_camera, _codec, to) => {
      sending = to
      to.target({ codec: 'h264', host: '127.0.0.1', port: janus.rtpPort, ssrc: SSRC, payloadType: 96 })
      to.watched(true)
      return { connect: async () => {}, produce: async () => '', close: () => {} }
    },
  }
  await using _camera = await openCamera(
    {
      source: { kind: 'sim', width: 640, height: 480, fps: 30, seed: 1 },
      codec: 'h264',
      bitrateKbps: 2500,
      settings: { timeCode: true },
    },
    cameraContext(publisher, cameraTopic()),
  )
  const page = await browser.newPage()
  await janus.watch((offer) => page.evaluate(answer, offer))
  for (const end = performance.now() + SEEN_MS; (await page.evaluate(framesOfVideo)) < SEEN_FRAMES;) {
    if (performance.now() > end) throw new Error(`no picture came through Janus within ${SEEN_MS / 1000} s`)
    sending?.watched(false)
    sending?.watched(true)
    await sleep(KEY_EVERY_MS)
  }
  await addTimeReader(page)
  const ages = await page.evaluate(agesOfVideo, ms)
  await page.close()
  return ages
}

/** Runs in the page: how many pictures the video has shown. */
function framesOfVideo(): number {
  return document.querySelector('video')?.getVideoPlaybackQuality().totalVideoFrames ?? 0
}

/** Runs in the page: shows what the offer brings, as soon as it comes, and answers with all of this side's candidates. */
async function answer(offer: string): Promise<string> {
  const connection = new RTCPeerConnection()
  const video = document.createElement('video')
  video.muted = true
  video.autoplay = true
  document.body.append(video)
  connection.ontrack = ({ track, receiver }) => {
    receiver.jitterBufferTarget = 0
    video.srcObject = new MediaStream([track])
  }
  await connection.setRemoteDescription({ type: 'offer', sdp: offer })
  await connection.setLocalDescription()
  await new Promise<void>((resolve) => {
    if (connection.iceGatheringState === 'complete') resolve()
    connection.onicegatheringstatechange = () => connection.iceGatheringState === 'complete' && resolve()
  })
  return connection.localDescription?.sdp ?? ''
}
