import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { openCamera } from '../../bridge/camera/device/device.ts'
import type { Publication, Publisher } from '../../bridge/device/publisher.ts'
import { ageOfRtpTimestamp } from '../../shared/camera/media.ts'
import { alive, cameraContext, cameraTopic, caller, handler, simStart, until } from '../sfu/media-rig.ts'

const ssrc = 0xabcd
const sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close()
})

/** Stands in for the SFU: what a camera sends arrives here. */
async function receiver(): Promise<{
  publisher: Publisher
  packets: Buffer[]
  published: () => number
  closed: () => number
  pli: () => void
}> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  sockets.push(socket)
  await once(socket, 'listening')
  const packets: Buffer[] = []
  let from = 0
  socket.on('message', (packet, { port }) => {
    packets.push(packet)
    from = port
  })
  let published = 0
  let closed = 0
  const publication: Publication = { connect: async () => {}, produce: async () => '', close: () => closed++ }
  const publisher: Publisher = {
    publish: (_camera, _codec, sending) => {
      published += 1
      sending.target({ codec: 'h264', host: '127.0.0.1', port: socket.address().port, ssrc, payloadType: 96 })
      sending.watched(true)
      return publication
    },
  }
  const pli = (): void => socket.send(Buffer.from('81ce0002000000010000abcd', 'hex'), from, '127.0.0.1')
  return { publisher, packets, published: () => published, closed: () => closed, pli }
}

const isRtp = (packet: Buffer): boolean => packet[1]! !== 200
const isSps = (packet: Buffer): boolean => isRtp(packet) && (packet[12]! & 0x1f) === 7

/** The camera's process: the only child of this one that runs host.ts. */
function hostPid(): number | undefined {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ')
  return children
    .map(Number)
    .find((pid) => pid > 0 && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('camera/process/host.ts'))
}

describe("a camera's process", () => {
  it('sends H.264 stamped with the wall clock, a key frame first and another when asked', async () => {
    const sfu = await receiver()
    const state = cameraTopic()
    await using _camera = await openCamera(simStart(), cameraContext(sfu.publisher, state))
    const first = await until(() => sfu.packets.find(isRtp))
    expect(isSps(first)).toBe(true)
    expect(
      Math.abs(ageOfRtpTimestamp(first.readUInt32BE(4), performance.timeOrigin + performance.now())),
    ).toBeLessThan(500)
    await until(() => sfu.packets.filter(isRtp).length > 8)
    const before = sfu.packets.filter(isSps).length
    sfu.pli()
    await until(() => sfu.packets.filter(isSps).length > before)
    expect(sfu.packets.some((packet) => packet[1] === 200)).toBe(true)
    expect(state.value.encoder?.reason).toBeTruthy()
  })

  it('takes settings within their ranges and changes nothing for others', async () => {
    const sfu = await receiver()
    const state = cameraTopic()
    await using camera = await openCamera(simStart(), cameraContext(sfu.publisher, state))
    const set = handler(camera.commands, 'camera.set')
    await expect(set({ device: 'cam', gainDb: 3, exposureMs: 500 }, caller())).rejects.toMatchObject({
      code: 'input.invalid',
      message: expect.stringContaining('0.1 to 100 ms'),
    })
    expect(state.value.settings).toEqual({ exposureMs: 10, gainDb: 0, timeCode: false })
    const taken = { exposureMs: 20, gainDb: 6, timeCode: true }
    expect(await set({ device: 'cam', ...taken }, caller())).toEqual(taken)
    expect(state.value.settings).toEqual(taken)
  })

  it('makes JPEGs only while somebody listens', async () => {
    const sfu = await receiver()
    await using camera = await openCamera(simStart(), cameraContext(sfu.publisher, cameraTopic()))
    const jpegs: Uint8Array[] = []
    const end = camera.jpegs?.((jpeg) => jpegs.push(jpeg))
    await until(() => jpegs.length >= 2)
    expect([...jpegs[0]!.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff])
    end?.()
    await new Promise((resolve) => setTimeout(resolve, 150))
    const count = jpegs.length
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(jpegs.length).toBe(count)
  })

  it('is started again when it is killed, with its settings, and leaves nobody behind when closed', async () => {
    const sfu = await receiver()
    const state = cameraTopic()
    const camera = await openCamera(simStart(), cameraContext(sfu.publisher, state))
    await handler(camera.commands, 'camera.set')({ device: 'cam', exposureMs: 25 }, caller())
    const killed = await until(hostPid)
    process.kill(killed, 'SIGKILL')
    await until(() => sfu.published() === 2)
    expect(sfu.closed()).toBe(1)
    expect(state.value.restarts).toBe(1)
    expect(state.value.settings?.exposureMs).toBe(25)
    const pid = await until(hostPid)
    await camera[Symbol.asyncDispose]()
    expect(alive(pid)).toBe(false)
    expect(sfu.closed()).toBe(2)
  })

  it('is killed and started again when it hangs', { timeout: 10_000 }, async () => {
    const sfu = await receiver()
    await using _camera = await openCamera(simStart(), cameraContext(sfu.publisher, cameraTopic()))
    const hung = await until(hostPid)
    process.kill(hung, 'SIGSTOP')
    await until(() => sfu.published() === 2, 6000)
    expect(alive(hung)).toBe(false)
  })

  it('that cannot start says what is wrong with which file, and no password', async () => {
    const sfu = await receiver()
    const source = { kind: 'file', url: 'file://user:secret@/no/such.avi', loop: true, live: false } as const
    const opening = openCamera({ ...simStart(), source }, cameraContext(sfu.publisher, cameraTopic()))
    const error: unknown = await opening.catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      code: 'camera.failed',
      device: 'cam',
      message: expect.stringContaining('such.avi'),
    })
    expect(String(error)).not.toContain('secret')
    expect(hostPid()).toBe(undefined)
  })
})
