import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { chromiumForFile, expectAttribute } from './rig.ts'

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
