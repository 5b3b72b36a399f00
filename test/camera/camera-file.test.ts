import { createServer } from 'node:http'
import { existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FileCapture } from '../../bridge/camera/kinds/file/capture.ts'
import { isLive, withoutCredentials } from '../../bridge/camera/frame/url.ts'
import type { Frame } from '../../bridge/camera/frame/frame.ts'

const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
const places = [
  '/usr/share/doc/opencv-doc/examples/data/vtest.avi',
  join(cache, 'lightbench/samples/vtest.avi'),
]
const vtest = places.find((path) => existsSync(path)) ?? places[1]!
const source = { kind: 'file', loop: true, live: false } as const

/** Frames of so many ms, their data copied. */
async function watch(capture: FileCapture, ms: number): Promise<Frame[]> {
  const frames: Frame[] = []
  await capture.run((frame) => frames.push({ ...frame, data: frame.data.slice() }), AbortSignal.timeout(ms))
  return frames
}

describe('a video file', () => {
  it('is played at its own rate', async () => {
    await using capture = await FileCapture.open({ ...source, url: vtest }, AbortSignal.timeout(5000))
    expect([capture.width, capture.height, capture.nominalFps]).toEqual([768, 576, 10])
    const frames = await watch(capture, 1500)
    expect(frames.length).toBeGreaterThanOrEqual(5)
    expect(frames.length).toBeLessThanOrEqual(17)
    expect(frames[0]!.data).not.toEqual(frames[3]!.data)
    expect(frames.map((frame) => frame.number)).toEqual(frames.map((_, i) => i))
    expect(frames[4]!.madeAt - frames[0]!.madeAt).toBeGreaterThan(350)
  })

  it('is scaled to the size that is asked for, made even', async () => {
    await using capture = await FileCapture.open(
      { ...source, url: vtest, width: 321, height: 240 },
      AbortSignal.timeout(5000),
    )
    const [frame] = await watch(capture, 50)
    expect([frame?.width, frame?.height, frame?.data.length]).toEqual([320, 240, (320 * 240 * 3) / 2])
  })

  it('that is not there is refused with the reason', async () => {
    await expect(
      FileCapture.open({ ...source, url: '/no/such.avi' }, AbortSignal.timeout(5000)),
    ).rejects.toThrow('No such file')
  })
})

it('gives up a source that keeps silent as soon as the camera is closed', async () => {
  const server = createServer(() => {}).listen(0)
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/live`
    const begun = performance.now()
    await expect(FileCapture.open({ ...source, url, live: true }, AbortSignal.timeout(200))).rejects.toThrow()
    expect(performance.now() - begun).toBeLessThan(1500)
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

it('never shows a password', () => {
  expect(withoutCredentials('opening rtsp://admin:p@ss/w0rd@10.0.0.5:554/live failed')).not.toContain('w0rd')
  expect(withoutCredentials('opening rtsp://admin:secret@10.0.0.5/live')).toBe(
    'opening rtsp://***@10.0.0.5/live',
  )
  expect(isLive('rtsp://a/b')).toBe(true)
  expect(isLive('/tmp/a.avi')).toBe(false)
})
