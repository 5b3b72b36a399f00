import type { WebSocket } from 'playwright-core'
import { expect, it } from 'vitest'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { fillLink } from '../support/heavy-view.ts'
import { Link } from '../support/link.ts'
import { Client } from '../support/socket.ts'
import { chromiumForFile, expectAttribute } from './rig.ts'

const { open } = chromiumForFile()

it('shows the stop that was pressed while its link was stalled, on the same connection', async () => {
  await using bridge = await startBridge(await writeBench({ devices: {} }))
  await using link = await Link.to(bridge.ready.port)
  using operator = await Client.operate(bridge.ready.url)
  const page = await open('about:blank')
  const sockets: WebSocket[] = []
  page.on('websocket', (socket) => sockets.push(socket))
  await page.goto(`${link.url}/kiosk/all`)
  await expectAttribute(page, 'overall', 'data-tone', 'good')

  // A page gives its connection up 3 s after a question without an answer, and asks every 5 s.
  const [socket] = sockets
  await socket!.waitForEvent('framesent', ({ payload }) => String(payload).includes('session.hello'))
  await socket!.waitForEvent('framereceived')
  link.stall()
  await fillLink(operator)
  await operator.call('estop.press', { why: 'smoke' })
  await operator.call('lease.release', {})
  link.free()
  await expectAttribute(page, 'overall', 'data-tone', 'stop')
  await expect.poll(() => page.getByTestId('overall').textContent()).toContain('smoke')
  expect(sockets).toHaveLength(1)
  expect(socket!.isClosed()).toBe(false)
})
