import { parentPort, workerData } from 'node:worker_threads'
import type { StorageAnswer, StorageCall } from './watch-storage.ts'
import { WatchTables } from './watch-tables.ts'

const { file, folder } = workerData as { file: string; folder: string }
const tables = new WatchTables(file, folder)

parentPort?.on('message', ({ seq, name, args }: StorageCall) => {
  let answer: StorageAnswer
  try {
    const method = tables[name].bind(tables) as (...args: unknown[]) => unknown
    answer = { seq, value: method(...args) }
  } catch (error) {
    answer = { seq, message: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
  parentPort?.postMessage(answer)
})
