import { mkdtemp, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Lane } from '../../bridge/traces/lane.ts'
import { npyHeader } from '../../shared/traces/npy.ts'
import { facts } from './trace-rig.ts'

const info = { ...facts, id: 'dut-1', points: 2 }
const search = { kind: 'dip', prominence: 3, distance: 0, smooth: 0, limit: 10 } as const

async function samples(): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'lightbench-')), 'a.npy')
  await writeFile(file, Buffer.concat([npyHeader(2), new Uint8Array(8)]))
  return file
}

it('does one job after the other, and goes on after one that failed', async () => {
  const lane = new Lane()
  const file = await samples()
  const missing = lane.run('peaks', { samples: `${file}.none`, info, search })
  const wrong = lane.run('import', { file, upload: {}, into: `${file}.out` })
  const good = lane.run('peaks', { samples: file, info, search })
  await expect(missing).rejects.toThrow(/peaks: .*ENOENT/)
  await expect(wrong).rejects.toMatchObject({ name: 'BenchError', code: 'input.invalid' })
  expect(await good).toEqual({ found: 0, peaks: [] })
})

it('does not begin what nobody waits for any more', async () => {
  const lane = new Lane()
  const file = await samples()
  const gone = new AbortController()
  const first = lane.run('peaks', { samples: file, info, search })
  const second = lane.run('export', { samples: file, info, format: 'csv', into: `${file}.csv` }, gone.signal)
  gone.abort()
  await first
  await expect(second).rejects.toMatchObject({ code: 'aborted' })
  await expect(stat(`${file}.csv`)).rejects.toMatchObject({ code: 'ENOENT' })
})

it('turns away what would wait behind too much', async () => {
  const lane = new Lane()
  const file = await samples()
  const many = Array.from({ length: 70 }, () => lane.run('peaks', { samples: file, info, search }))
  const settled = await Promise.allSettled(many)
  const refused = settled.filter((each) => each.status === 'rejected')
  expect(refused.length).toBe(6)
  for (const each of refused) expect(each.reason).toMatchObject({ code: 'device.busy' })
  expect(await lane.run('peaks', { samples: file, info, search })).toEqual({ found: 0, peaks: [] })
})
