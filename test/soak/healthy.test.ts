import { spawn } from 'node:child_process'
import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { progress } from '../bench/statistics.ts'
import { launchChromium } from '../support/browser.ts'
import { LaunchedBench } from '../support/launched-bench.ts'
import { LitInstruments } from '../support/lit-bench.ts'
import { Client } from '../support/socket.ts'

const MINUTES = Number(process.env['SOAK_MINUTES'] ?? 10)
/** Over WebRTC, in a real browser; the others take JPEG pictures. */
const PAGES = 2
const VIEWERS = 20
const LOOK_EVERY_MS = 5000

it('does not end a healthy bridge that records, with 20 viewers, while every core is busy', async () => {
  await using stack = new AsyncDisposableStack()
  const instruments = stack.use(await LitInstruments.start())
  const slide = { driver: 'camera.sim', width: 640, height: 480, fps: 15 }
  const bench = stack.use(await LaunchedBench.open(instruments, { devices: { slide } }))
  const operator = await bench.operate()
  await operator.call('camera.record.start', { device: 'slide' })
  const browser = stack.adopt(await launchChromium(), (open) => open.close())
  for (let n = 0; n < PAGES; n++) await (await browser.newPage()).goto(bench.url)
  const pictures = Array.from({ length: VIEWERS - PAGES }, () => watch(bench.url, stack))
  await Promise.all(pictures)
  for (const _ of cpus())
    stack.adopt(spawn(process.execPath, ['-e', 'for (;;);']), (burner) => void burner.kill())
  const before = [bench.pid('guardian'), bench.pid('bridge')]
  const end = performance.now() + MINUTES * 60_000
  while (performance.now() < end) {
    await sleep(LOOK_EVERY_MS)
    expect([bench.pid('guardian'), bench.pid('bridge')]).toEqual(before)
    expect(await bench.get('health')).toMatchObject({ status: 'ok' })
  }
  expect(await bench.control()).toMatchObject({ stop: { latched: false } })
  progress(`${MINUTES} minutes under load: neither bridge nor guardian was ended`)
})

/** One who takes pictures, and acknowledges each. */
async function watch(url: string, stack: AsyncDisposableStack): Promise<void> {
  const viewer = stack.use(await Client.connect(url))
  let seq = 0
  viewer.socket.on('stream', (stream) => viewer.socket.emit('stream.ack', { stream, seq: seq++ }))
  await viewer.call('pictures.open', { camera: 'slide' })
}
