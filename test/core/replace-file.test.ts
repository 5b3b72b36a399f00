import { mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { replaceFile, replaceFileNow } from '../../bridge/core/replace-file.ts'

const ways = [
  ['replaceFile', replaceFile],
  ['replaceFileNow', async (...args: Parameters<typeof replaceFileNow>) => replaceFileNow(...args)],
] as const

describe.each(ways)('%s', (_, replace) => {
  it('makes folder and file for the owner alone, and leaves nothing beside it', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'lightbench-')), 'new')
    await replace(join(folder, 'value'), 'one')
    await replace(join(folder, 'value'), 'two')
    expect(readFileSync(join(folder, 'value'), 'utf8')).toBe('two')
    expect(statSync(join(folder, 'value')).mode & 0o777).toBe(0o600)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(readdirSync(folder)).toEqual(['value'])
  })
  it('keeps the old file when the new one cannot be written', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lightbench-'))
    writeFileSync(join(folder, 'value'), 'old')
    mkdirSync(join(folder, 'value.new'))
    await expect(replace(join(folder, 'value'), 'new')).rejects.toThrow('EISDIR')
    expect(readFileSync(join(folder, 'value'), 'utf8')).toBe('old')
  })
})
