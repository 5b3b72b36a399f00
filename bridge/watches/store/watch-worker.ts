import { parentPort, workerData } from 'node:worker_threads'
import { serveCalls } from '../../core/worker-call.ts'
import { storageFailure } from '../../store/sqlite-failure.ts'
import type { WatchStorage } from './watch-storage.ts'
import type { WatchJobs } from './watch-store.ts'
import { WatchTables } from './watch-tables.ts'

const { file, folder } = workerData as { file: string; folder: string }
let tables: WatchTables | undefined

function job<K extends keyof WatchStorage>(name: K): WatchJobs[K] {
  const call = (args: Parameters<WatchStorage[K]>): ReturnType<WatchStorage[K]> => {
    try {
      tables ??= new WatchTables(file, folder)
      const method = tables[name].bind(tables) as (...args: unknown[]) => ReturnType<WatchStorage[K]>
      return method(...args)
    } catch (error) {
      throw storageFailure(file, error)
    }
  }
  return call as WatchJobs[K]
}

serveCalls<WatchJobs>(parentPort, {
  load: job('load'),
  commit: job('commit'),
  remove: job('remove'),
  restore: job('restore'),
  purge: job('purge'),
  clear: job('clear'),
  history: job('history'),
  sparks: job('sparks'),
  snapshot: job('snapshot'),
  close: job('close'),
})
