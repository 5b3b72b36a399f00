import { existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { NPY_HEADER_BYTES } from '../../../shared/traces/npy.ts'
import { type DataFile, dataFiles, gone } from '../backup/data-files.ts'
import { databaseFile } from '../sqlite.ts'
import { parseInfo } from '../../traces/info-file.ts'
import { openToRead } from './check-database.ts'
import { type CheckReport, several } from './finding.ts'

/** What is younger may be a bridge's that is yet to write down what it is. */
const YOUNG_MS = 60_000
const SAMPLE_BYTES = 4
const RESTORE_FILE = 'restore it from a backup, or delete it on the page'

/** Whether the files of a data folder are those that its databases and its traces name, and the other way round. */
export async function checkFiles(dataDir: string, now = Date.now()): Promise<CheckReport[]> {
  const files = new Map<string, DataFile>()
  for await (const file of dataFiles(dataDir)) files.set(file.path, file)
  const isOld = (path: string): boolean => now - (files.get(path)?.changedAt ?? now) > YOUNG_MS
  const inFolder = (folder: string): string[] =>
    [...files.keys()].filter((path) => path.startsWith(`${folder}/`))
  return [
    await checkTraces(dataDir, inFolder('traces'), files),
    checkGallery(dataDir, inFolder('gallery'), isOld),
    checkSnapshots(dataDir, inFolder('watches'), isOld),
    await checkJson(dataDir, [...files.keys()]),
  ]
}

async function checkTraces(
  dataDir: string,
  paths: string[],
  files: Map<string, DataFile>,
): Promise<CheckReport> {
  const [unreadable, without]: [string[], string[]] = [[], []]
  const known = new Set<string>()
  for (const path of paths.filter((each) => each.endsWith('.json'))) {
    const id = path.slice(0, -'.json'.length)
    known.add(id)
    const text = await readFile(join(dataDir, path), 'utf8').catch(gone)
    // Deleted since.
    if (text === undefined) continue
    let points: number
    try {
      points = parseInfo(text).points
    } catch {
      unreadable.push(path)
      continue
    }
    const samples = await stat(join(dataDir, `${id}.npy`)).catch(gone)
    if (samples?.size !== NPY_HEADER_BYTES + points * SAMPLE_BYTES && existsSync(join(dataDir, path)))
      without.push(path)
  }
  const loose = paths.filter((path) => path.endsWith('.npy') && !known.has(path.slice(0, -'.npy'.length)))
  const isOld = (path: string): boolean => Date.now() - (files.get(path)?.changedAt ?? 0) > YOUNG_MS
  return {
    inOrder: [`traces: ${known.size}`],
    wrong: [
      ...several(unreadable, 'say not what trace they are', 'restore them from a backup'),
      ...several(without, 'have no samples, or not as many as they say', RESTORE_FILE),
      ...several(
        loose.filter(isOld),
        'belong to no trace',
        'delete them, or restore the .json of the same name',
      ),
    ],
  }
}

function checkGallery(dataDir: string, paths: string[], isOld: (path: string) => boolean): CheckReport {
  return withTables(databaseFile(dataDir), 'media', (db) => {
    const named = new Set(
      db
        .prepare('SELECT file FROM media')
        .all()
        .map(({ file }) => `gallery/${String(file)}`),
    )
    const row = db.prepare('SELECT 1 FROM media WHERE file = ?')
    const missing = [...named].filter(
      (path) => !existsSync(join(dataDir, path)) && row.get(path.slice('gallery/'.length)),
    )
    const loose = paths.filter(
      (path) =>
        !named.has(path.replace(/\.(thumb|view)\.jpg$/, '')) &&
        isOld(path) &&
        !row.get(path.slice('gallery/'.length)),
    )
    return {
      inOrder: [`gallery: ${named.size} files`],
      wrong: [
        ...several(missing, 'are in the gallery, and their files are missing', RESTORE_FILE),
        ...several(loose, 'are files that the gallery does not know', 'move them out of the data folder'),
      ],
    }
  })
}

function checkSnapshots(dataDir: string, paths: string[], isOld: (path: string) => boolean): CheckReport {
  return withTables(join(dataDir, 'watches.db'), 'check_', (db) => {
    const rows = db.prepare(
      "SELECT watch, seq, body ->> '$.snapshot' AS kind, body ->> '$.picture' AS picture FROM check_ WHERE snapshot = 1",
    )
    const named = new Set<string>()
    for (const { watch, seq, kind, picture } of rows.iterate()) {
      const path = `watches/${String(watch)}/${String(seq)}`
      if (kind !== 'image') named.add(`${path}.txt`)
      if (picture === 1) named.add(`${path}.png`)
    }
    const row = db.prepare('SELECT 1 FROM check_ WHERE watch = ? AND seq = ? AND snapshot = 1')
    const isKept = (path: string): boolean => {
      const [, watch = '', file = ''] = path.split('/')
      return row.get(watch, Number.parseInt(file)) !== undefined
    }
    const missing = [...named].filter((path) => !existsSync(join(dataDir, path)) && isKept(path))
    const loose = paths.filter((path) => !named.has(path) && isOld(path) && !isKept(path))
    return {
      inOrder: [`watches: ${named.size} snapshots`],
      wrong: [
        ...several(
          missing,
          'are snapshots of watches, and their files are missing',
          'restore them from a backup, or clear the history of these watches',
        ),
        ...several(loose, 'are files that no watch knows', 'move them out of the data folder'),
      ],
    }
  })
}

async function checkJson(dataDir: string, paths: string[]): Promise<CheckReport> {
  const isState = (path: string): boolean => /^([^/]+|devices\/.*)\.json$/.test(path)
  const broken: string[] = []
  for (const path of paths.filter(isState)) {
    try {
      JSON.parse(await readFile(join(dataDir, path), 'utf8'))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') broken.push(path)
    }
  }
  const remedy = 'restore them from a backup, or move them away: the bridge begins without them'
  return { inOrder: [], wrong: several(broken, 'cannot be read', remedy) }
}

/** What a damaged database holds is not asked for: that it is damaged is said elsewhere. */
function withTables(file: string, table: string, inspect: (db: DatabaseSync) => CheckReport): CheckReport {
  if (!existsSync(file)) return { inOrder: [], wrong: [] }
  try {
    using db = openToRead(file)
    if (db.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(table)) return inspect(db)
  } catch (error) {
    if (!('errcode' in (error as object))) throw error
  }
  return { inOrder: [], wrong: [] }
}
