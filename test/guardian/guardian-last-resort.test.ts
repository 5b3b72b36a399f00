import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, it, onTestFinished } from 'vitest'
import { LatchFile } from '../../bridge/core/latch.ts'
import { safePlan } from '../../bridge/core/safe-plan.ts'
import { Deeds } from '../../bridge/guardian/deeds.ts'
import { Keeper } from '../../bridge/guardian/keeper.ts'

/** A supply that obeys, or one that takes no connection at all. */
async function supply(obeys: boolean): Promise<Keeper> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (data: Buffer) => {
      if (data.toString().includes('OUTP?')) socket.write('0\n')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  if (!obeys) server.close()
  const resource = `TCPIP::127.0.0.1::${port}::SOCKET`
  const proofs = [{ ask: 'OUTP?\n', safe: '^0$' }]
  const plan = safePlan.parse({ resource, guard: 'standby', messages: ['OUTP OFF\n'], proofs })
  const keeper = new Keeper('supply', plan)
  onTestFinished(() => {
    keeper.close()
    server.close()
  })
  return keeper
}

function deedsWith(file: string | undefined): { deeds: Deeds; latch: LatchFile } {
  const latch = new LatchFile(mkdtempSync(join(tmpdir(), 'lightbench-')))
  const deeds = new Deeds({
    latch,
    lastResort: () => (file === undefined ? undefined : { file, text: '0\n' }),
    acted: () => {},
    log: pino({ level: 'silent' }),
  })
  return { deeds, latch }
}

it('writes the last resort 3 s after it began, for a device that could not be made safe, and for no other', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lightbench-'))
  const [relay, unused] = [join(folder, 'relay'), join(folder, 'unused')]
  const unsafe = deedsWith(relay)
  const safe = deedsWith(unused)
  const obeying = await supply(true)
  const deaf = await supply(false)
  void safe.deeds.act([obeying], 'the bridge died', 'the guardian')
  const begun = performance.now()
  void unsafe.deeds.act([deaf], 'the bridge died', 'the guardian')
  await expect.poll(() => existsSync(relay), { timeout: 6000, interval: 20 }).toBe(true)
  const afterMs = performance.now() - begun
  expect(afterMs).toBeGreaterThan(2900)
  expect(afterMs).toBeLessThan(5000)
  await expect.poll(() => readFileSync(relay, 'utf8')).toBe('0\n')
  expect(obeying.outcome).toMatchObject({ state: 'proven' })
  // The other deed began before the one that has written by now.
  expect(existsSync(unused)).toBe(false)
  expect(unsafe.latch.read()).toMatchObject({ by: 'the guardian', why: 'the bridge died' })
})

it('goes on when the last resort cannot be written', async () => {
  const { deeds } = deedsWith('/nowhere/relay')
  const keeper = await supply(false)
  await deeds.act([keeper], 'stop', 'ada')
  expect(deeds.newest).toMatchObject({ why: 'stop', devices: { supply: { state: 'trying' } } })
})
