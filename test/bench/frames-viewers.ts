import { setTimeout as sleep } from 'node:timers/promises'
import { framesStream, type FrameRequest } from '../../shared/camera/frames.ts'
import { decodeFrameHeader, DROP_STAGES, type FrameDrops } from '../../shared/camera/frame-header.ts'
import { Client } from '../support/socket.ts'

export interface Watch {
  url: string
  camera: string
  viewers: number
  request: Partial<FrameRequest>
  ms: number
}

/** What one viewer had in `ms`: frames, bytes, and drops by stage. */
export interface Seen {
  frames: number
  bytes: number
  ageMs: number[]
  drops: FrameDrops
}

const WARM_UP_MS = 3000
const NONE: FrameDrops = { throttled: 0, credit: 0, packing: 0, replaced: 0, link: 0 }

/** Opens a camera's frames as pages do, and counts what comes once all of them run. */
async function watch({ url, camera, viewers, request, ms }: Watch): Promise<Seen[]> {
  let counting = false
  const stream = framesStream(camera)
  const watching = await Promise.all(
    Array.from({ length: viewers }, async () => {
      const client = await Client.connect(url)
      const seen: Seen = { frames: 0, bytes: 0, ageMs: [], drops: NONE }
      let [first, last] = [NONE, NONE]
      client.socket.on('stream', (name, packet, body) => {
        const { seq, madeAt, bodyBytes, drops } = decodeFrameHeader(packet)
        if (name !== stream || body?.byteLength !== bodyBytes) throw new Error(`not a frame: ${name}`)
        client.socket.emit('stream.ack', { stream, seq })
        last = drops
        if (!counting) first = drops
        else {
          seen.frames += 1
          seen.bytes += bodyBytes
          seen.ageMs.push(performance.timeOrigin + performance.now() - madeAt)
        }
      })
      await opened(client, camera)
      await client.call('frames.open', { camera, ...request })
      return () => {
        client[Symbol.dispose]()
        const drops = DROP_STAGES.map((stage) => [stage, last[stage] - first[stage]] as const)
        return { ...seen, drops: Object.fromEntries(drops) as FrameDrops }
      }
    }),
  )
  await sleep(WARM_UP_MS)
  counting = true
  process.send?.({ counting })
  await sleep(ms)
  counting = false
  return watching.map((end) => end())
}

async function opened(client: Client, camera: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const { snapshot } = await client.call('topic.read', { topic: `camera/${camera}` })
    if ((snapshot as { lifecycle: { phase: string } }).lifecycle.phase === 'ready') return
    await sleep(100)
  }
  throw new Error(`${camera} does not open`)
}

process.once('message', (asked: Watch) => {
  void watch(asked).then((seen) => process.send?.({ seen, cpu: process.cpuUsage() }, () => process.exit(0)))
})
process.once('disconnect', () => process.exit(0))
