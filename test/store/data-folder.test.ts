import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { lockDataFolder } from '../../bridge/store/data-folder.ts'

const folder = async (): Promise<string> => join(await mkdtemp(join(tmpdir(), 'lightbench-')), 'data')

it('is for its owner alone, also where it was open to others', async () => {
  const dataDir = await folder()
  lockDataFolder(dataDir)[Symbol.dispose]()
  expect((await stat(dataDir)).mode & 0o777).toBe(0o700)
  await chmod(dataDir, 0o755)
  lockDataFolder(dataDir)[Symbol.dispose]()
  expect((await stat(dataDir)).mode & 0o777).toBe(0o700)
})

it('is held by one bridge at a time, and free once that one is killed', async () => {
  const dataDir = await folder()
  const module = fileURLToPath(new URL('../../bridge/store/data-folder.ts', import.meta.url))
  const script = `import { lockDataFolder } from ${JSON.stringify(module)}
    globalThis.lock = lockDataFolder(${JSON.stringify(dataDir)}); console.log('held'); setInterval(() => {}, 1000)`
  const other = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(other.stdout, 'data')
  expect(() => lockDataFolder(dataDir)).toThrow(/another bridge is running on .*data: end that one/)
  other.kill('SIGKILL')
  await once(other, 'exit')
  lockDataFolder(dataDir)[Symbol.dispose]()
})

it('says so when the folder cannot be had', async () => {
  const dataDir = await folder()
  await writeFile(dataDir, 'a file')
  expect(() => lockDataFolder(dataDir)).toThrow(/dataDir: .* cannot be made or written .*: give the folder/)
})
