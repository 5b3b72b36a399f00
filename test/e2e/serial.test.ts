import { once } from 'node:events'
import { connect } from 'node:net'
import type { Page } from 'playwright-core'
import { expect, it, onTestFinished } from 'vitest'
import { SERIAL_ALIVE_MS, SERIAL_LOST_MS } from '../../shared/instrument/web-serial.ts'
import { startBridge, startLaser, writeBench } from '../support/bench-process.ts'
import { chromiumForFile, expectAttribute, takeControl } from './rig.ts'

const { open } = chromiumForFile()

/** Gives the page a serial port with a small instrument at its other end, in the browser's own words. */
async function plugIn(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const answers: Record<string, string> = {
      '*IDN?': 'EXFO,CTP10,SN42,1.5.0',
      ':SYST:ERR?': '0,"No error"',
      ':STAT:OPER:COND?': '0',
    }
    let say: ReadableStreamDefaultController<Uint8Array>
    let heard = ''
    const port = {
      opened: undefined as unknown,
      readable: undefined as ReadableStream<Uint8Array> | undefined,
      writable: undefined as WritableStream<Uint8Array> | undefined,
      open(options: unknown) {
        this.opened = options
        this.readable = new ReadableStream({ start: (controller) => void (say = controller) })
        this.writable = new WritableStream({
          write(bytes) {
            heard += new TextDecoder().decode(bytes)
            const lines = heard.split('\n')
            heard = lines.pop() ?? ''
            for (const question of lines) {
              const answer = answers[question] ?? (question.endsWith('?') ? '-12.5' : undefined)
              // As a slow line brings it: in pieces.
              for (const piece of answer === undefined ? [] : `${answer}\r\n`.match(/.{1,3}|\r\n/g)!) {
                say.enqueue(new TextEncoder().encode(piece))
              }
            }
          },
        })
        return Promise.resolve()
      },
      close: () => Promise.resolve(),
    }
    Object.defineProperty(navigator, 'serial', { value: { requestPort: () => Promise.resolve(port) } })
    Object.assign(window, { pluggedIn: port })
  })
}

it('lends a serial port of the page to the bench, shows what is asked of it, and takes it back', async () => {
  await using bridge = await startBridge(
    await writeBench({
      devices: {
        dut: {
          driver: 'instrument.exfo-ctp10',
          resource: 'WEBSERIAL::tester',
          wire: { serial: { baudRate: 57_600 } },
        },
      },
    }),
  )
  const page = await open('about:blank')
  await plugIn(page)
  await page.goto(`${bridge.ready.url}/#/serial`)
  await expectAttribute(page, 'serial-tester', 'data-state', 'wanted')
  await page.getByTestId('serial-lend').click()
  await expectAttribute(page, 'serial-tester', 'data-state', 'lent')
  await expect.poll(() => page.getByTestId('serial-lines').textContent()).toContain('*IDN?')
  expect(
    await page.evaluate(() => (window as unknown as { pluggedIn: { opened: object } }).pluggedIn.opened),
  ).toMatchObject({ baudRate: 57_600 })
  const other = await open(bridge.ready.url)
  await expect.poll(() => other.getByTestId('identity').textContent()).toContain('SN42')
  await expectAttribute(other, 'power-1', 'data-value', '-12.5')
  await page.getByTestId('serial-withdraw').click()
  await expect.poll(() => other.getByTestId('instrument-dut').textContent()).toMatch(/taken back/)
  await expectAttribute(other, 'power-1', 'data-stale', 'true')
  await page.getByTestId('serial-lend').click()
  await expectAttribute(page, 'serial-tester', 'data-state', 'lent')
  await expectAttribute(other, 'power-1', 'data-stale', 'false', 20_000)
  await page.close()
  await expect
    .poll(() => other.getByTestId('instrument-dut').textContent())
    .toMatch(/page that lent it has gone/)
})

/** What a page may take to find out that the bridge is silent, and to say so to the laser. */
const SILENT_OFF_MS = SERIAL_LOST_MS + SERIAL_ALIVE_MS + 250

interface Lent extends AsyncDisposable {
  bridge: Awaited<ReturnType<typeof startBridge>>
  /** The page that lends. */
  page: Page
  /** When the laser's light went off, in ms after `since`; undefined while it is on. */
  offAfter(sinceNs: bigint): number | undefined
}

/** A real laser's wire behind a serial port of one page, and its light switched on by another. */
async function litOverPage(): Promise<Lent> {
  await using stack = new AsyncDisposableStack()
  const laser = stack.use(await startLaser())
  const tcp = connect(Number(/::(\d+)::SOCKET/.exec(laser.ready.resource)?.[1]), '127.0.0.1')
  stack.defer(() => void tcp.destroy())
  await once(tcp, 'connect')
  const bridge = stack.use(
    await startBridge(
      await writeBench({
        devices: {
          laser: { driver: 'instrument.scpi', model: 'lightbench-test-laser', resource: 'WEBSERIAL::laser' },
        },
      }),
    ),
  )
  // The port's other end is another page: what a page says while it is being left would not come out of it otherwise.
  const wire = await open(`${bridge.ready.url}/health`)
  const context = wire.context()
  await wire.exposeFunction('toLaser', (bytes: number[]) => void tcp.write(Uint8Array.from(bytes)))
  await wire.evaluate(() => {
    const laser = window as unknown as { toLaser(bytes: number[]): void; fromLaser(bytes: number[]): void }
    const toPort = new BroadcastChannel('from-laser')
    new BroadcastChannel('to-laser').onmessage = ({ data }) => laser.toLaser(data as number[])
    laser.fromLaser = (bytes) => toPort.postMessage(bytes)
  })
  tcp.on('data', (bytes: Buffer) => {
    void wire.evaluate(
      (said) => (window as unknown as { fromLaser(bytes: number[]): void }).fromLaser(said),
      Array.from(bytes),
    )
  })
  stack.defer(() => void tcp.removeAllListeners('data'))
  const page = await context.newPage()
  await page.addInitScript(() => {
    const toLaser = new BroadcastChannel('to-laser')
    const port = {
      readable: undefined as ReadableStream<Uint8Array> | undefined,
      writable: undefined as WritableStream<Uint8Array> | undefined,
      open() {
        this.readable = new ReadableStream({
          start: (controller) => {
            new BroadcastChannel('from-laser').onmessage = ({ data }) =>
              controller.enqueue(Uint8Array.from(data as number[]))
          },
        })
        this.writable = new WritableStream({
          write: (bytes) => toLaser.postMessage(Array.from(bytes)),
        })
        return Promise.resolve()
      },
      close: () => Promise.resolve(),
    }
    Object.defineProperty(navigator, 'serial', { value: { requestPort: () => Promise.resolve(port) } })
  })
  await page.goto(`${bridge.ready.url}/#/serial`)
  await page.getByTestId('serial-lend').click()
  await expectAttribute(page, 'serial-laser', 'data-state', 'lent')
  const operator = await open(bridge.ready.url)
  await takeControl(operator)
  await operator.getByTestId('setting-output').getByRole('switch').click()
  await expectAttribute(operator, 'setting-output', 'data-value', 'true')
  const all = stack.move()
  return {
    bridge,
    page,
    offAfter: (sinceNs) => {
      const last = laser.output.findLast((line) => line.startsWith('{"emission"')) ?? '{}'
      const { emission, atNs } = JSON.parse(last) as { emission?: boolean; atNs?: string }
      return emission === false ? Number(BigInt(atNs ?? 0) - sinceNs) / 1e6 : undefined
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

async function msUntilOff(lent: Lent, sinceNs: bigint): Promise<number> {
  await expect.poll(() => lent.offAfter(sinceNs), { timeout: 5000, interval: 20 }).toBeDefined()
  return lent.offAfter(sinceNs) ?? Infinity
}

it('switches a laser on its port off when the bridge is killed', async () => {
  await using lent = await litOverPage()
  const killedNs = process.hrtime.bigint()
  lent.bridge.child.kill('SIGKILL')
  expect(await msUntilOff(lent, killedNs)).toBeLessThan(SERIAL_LOST_MS)
  // Nor does it say that another page lends the port, which the bridge said of this page last.
  await expectAttribute(lent.page, 'serial-laser', 'data-state', 'wanted')
  expect(await lent.page.getByTestId('serial-lines').textContent()).toContain('made safe by this page')
})

it('switches it off when the bridge is silent for 1 s, and goes on lending', async () => {
  await using lent = await litOverPage()
  const frozenNs = process.hrtime.bigint()
  lent.bridge.child.kill('SIGSTOP')
  onTestFinished(() => void lent.bridge.child.kill('SIGCONT'))
  const offMs = await msUntilOff(lent, frozenNs)
  expect(offMs).toBeGreaterThan(SERIAL_LOST_MS - SERIAL_ALIVE_MS)
  expect(offMs).toBeLessThan(SILENT_OFF_MS)
  lent.bridge.child.kill('SIGCONT')
  await expectAttribute(lent.page, 'serial-laser', 'data-state', 'lent')
})

it('switches it off when the page that lends it is left', async () => {
  await using lent = await litOverPage()
  const leftNs = process.hrtime.bigint()
  await lent.page.goto('about:blank')
  expect(await msUntilOff(lent, leftNs)).toBeLessThan(SERIAL_LOST_MS)
})

it('switches it off when the port is taken back', async () => {
  await using lent = await litOverPage()
  const takenNs = process.hrtime.bigint()
  await lent.page.getByTestId('serial-withdraw').click()
  expect(await msUntilOff(lent, takenNs)).toBeLessThan(SERIAL_LOST_MS)
})
