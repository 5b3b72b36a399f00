import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { databaseFile } from '../../bridge/store/sqlite.ts'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { Client } from '../support/socket.ts'
import { chromiumForFile, expectAttribute, PHONE } from './rig.ts'

const { open } = chromiumForFile()
let bridge: Awaited<ReturnType<typeof startBridge>>
let database: string

beforeAll(async () => {
  const file = await writeBench({ server: { localRole: 'administrator' }, devices: {} })
  database = databaseFile(join(dirname(file), 'data'))
  bridge = await startBridge(file)
})
afterAll(() => bridge.end())

it('says on every page and on the wall since when nothing is recorded and why, for as long as it is so', async () => {
  const { url } = bridge.ready
  using client = await Client.connect(url)
  const page = await open(url)
  const phone = await open(url, PHONE)
  const wall = await open(`${url}/kiosk/all`, { width: 1920, height: 1080 })
  await expectAttribute(wall, 'overall', 'data-tone', 'good')
  const other = new DatabaseSync(database)
  other.exec('BEGIN IMMEDIATE')
  const saved = await client.ask('view.delete', { name: 'none' })
  expect(saved).toMatchObject({ ok: false, error: { code: 'storage.failed' } })
  for (const shown of [page, phone]) {
    const notice = shown.getByTestId('storage')
    await expect
      .poll(() => notice.textContent())
      .toMatch(
        /^Nothing is recorded since \d\d:\d\d.*lightbench\.db is locked by another program.*video and instruments go on/s,
      )
  }
  await expectAttribute(wall, 'overall', 'data-tone', 'bad')
  other.exec('ROLLBACK')
  other.close()
  await expect.poll(() => page.getByTestId('storage').count()).toBe(0)
  await expectAttribute(wall, 'overall', 'data-tone', 'good')
})
