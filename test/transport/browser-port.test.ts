import { afterEach, beforeEach, expect, it } from 'vitest'
import { DeviceGuards } from '../../bridge/control/device-guards.ts'
import type { DeviceGuard } from '../../bridge/core/guard.ts'
import type { SafePlan } from '../../bridge/core/safe-plan.ts'
import type { Topic } from '../../bridge/core/topic.ts'
import { withLentPorts } from '../../bridge/bench/lent-ports.ts'
import { browserPorts, type Lender, type Loan } from '../../bridge/transport/browser.ts'
import { openResource, wireOptions } from '../../bridge/transport/resource.ts'
import type { Transport } from '../../bridge/transport/transport.ts'
import type { DeviceBase } from '../../shared/wire/device.ts'
import { noGuardian } from '../support/guard.ts'

/** A page that lends, and what reached it in order: what it was given to keep, and what it was to write. */
class Page implements Lender {
  readonly name = 'anna'
  readonly got: string[] = []

  write(bytes: Uint8Array, written: () => void): void {
    this.got.push(`write ${JSON.stringify(Buffer.from(bytes).toString('latin1'))}`)
    written()
  }
  protect(messages: readonly Uint8Array[]): void {
    const texts = messages.map((message) => JSON.stringify(Buffer.from(message).toString('latin1')))
    this.got.push(`keep ${texts.join(' ')}`)
  }
}

const closing: (() => void)[] = []
let guard: DeviceGuard
let number = 0
let port: string

beforeEach(() => {
  // The list of ports is the process's own.
  port = `psu-${++number}`
  guard = new DeviceGuards(withLentPorts(noGuardian)).of('psu', {} as Topic<DeviceBase>)
})
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** Opens the port, which the page lends as soon as it is wanted. */
async function open(
  page: Page,
  sendEnd: 'lf' | 'cr' | 'crlf',
): Promise<{ transport: Transport; loan: Loan }> {
  const wire = wireOptions.parse({ serial: { sendEnd } })
  const opened = openResource(`WEBSERIAL::${port}`, wire)(
    { line: () => {}, closed: () => {} } as never,
    new AbortController().signal,
  )
  const { loan } = browserPorts.lend(port, page)
  closing.push(() => loan.end('the test is over'))
  return { transport: await opened, loan }
}

function plan(fields: Partial<SafePlan>): SafePlan {
  return {
    resource: `WEBSERIAL::${port}`,
    wire: {},
    guard: 'takeover',
    clearing: '',
    messages: [],
    proofs: [],
    ...fields,
  }
}

it("gives the page each safe message as bytes of their own, with the line's own end, before anything that may emit", async () => {
  const page = new Page()
  const { transport } = await open(page, 'cr')
  guard.protect(plan({ clearing: '\n', messages: ['OUTP1 OFF\n', 'OUTP2 OFF\n'] }))
  transport.write('OUTP1 ON\n')
  expect(page.got).toEqual([
    String.raw`keep "\r" "OUTP1 OFF\r" "OUTP2 OFF\r"`,
    String.raw`write "OUTP1 ON\r"`,
  ])
})

it('gives real-time bytes as they are', async () => {
  const page = new Page()
  await open(page, 'crlf')
  guard.protect(plan({ messages: ['\x18', '!'] }))
  expect(page.got).toEqual([String.raw`keep "\u0018" "!"`])
})

it('gives the next page that lends the port the same, before it is written to', async () => {
  const { loan } = await open(new Page(), 'lf')
  guard.protect(plan({ messages: ['OUTP OFF\n'] }))
  loan.end('the page was closed')
  const next = new Page()
  await open(next, 'lf')
  expect(next.got).toEqual([String.raw`keep "OUTP OFF\n"`])
})

it('gives a page nothing of a device that is on no port of its own', async () => {
  const page = new Page()
  await open(page, 'lf')
  for (const resource of ['TCPIP::127.0.0.1::5025::SOCKET', 'WEBSERIAL::other']) {
    guard.protect(plan({ resource, messages: ['OUTP OFF\n'] }))
  }
  expect(page.got).toEqual([])
})
