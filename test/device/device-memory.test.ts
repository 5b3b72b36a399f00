import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { FileMemory } from '../../bridge/device/device-memory.ts'

const rig = async (): Promise<{ dataDir: string; memory: FileMemory }> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'lightbench-'))
  return { dataDir, memory: new FileMemory(dataDir, 'turret') }
}

it('knows nothing at first, and after a restart what was written last', async () => {
  const { dataDir, memory } = await rig()
  expect(await memory.read('light')).toBeUndefined()
  await memory.write('light', { pulses: 3 })
  await memory.write('light', { pulses: 4 })
  await memory.write('home', [1, 2])
  const restarted = new FileMemory(dataDir, 'turret')
  expect(await restarted.read('light')).toEqual({ pulses: 4 })
  expect(await restarted.read('home')).toEqual([1, 2])
  expect(await new FileMemory(dataDir, 'other').read('light')).toBeUndefined()
})

it('is in the file when a write resolves, the newest of many at once', async () => {
  const { dataDir, memory } = await rig()
  const file = join(dataDir, 'devices', 'turret', 'light.json')
  await memory.write('light', 0)
  expect(await readFile(file, 'utf8')).toBe('0')
  const seen: string[] = []
  const writes = Array.from({ length: 50 }, async (_, i) => {
    await memory.write('light', i)
    seen.push(await readFile(file, 'utf8'))
  })
  await Promise.all(writes)
  // The first was under way; the others waited and were one.
  expect(new Set(seen.slice(1))).toEqual(new Set(['49']))
  expect(await readdir(join(dataDir, 'devices', 'turret'))).toEqual(['light.json'])
})

it('says that it cannot read rather than that nothing was kept, and that it cannot write', async () => {
  const { dataDir, memory } = await rig()
  await memory.write('light', 1)
  await writeFile(join(dataDir, 'devices', 'turret', 'light.json'), '{"pul')
  await expect(memory.read('light')).rejects.toMatchObject({ code: 'internal', device: 'turret' })
  const file = join(dataDir, 'file')
  await writeFile(file, '')
  await expect(new FileMemory(file, 'turret').write('light', 1)).rejects.toMatchObject({
    code: 'internal',
    message: expect.stringContaining('disk'),
  })
})
