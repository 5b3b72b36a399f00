import { readFile } from 'node:fs/promises'

/** What a process holds in memory (VmRSS of proc(5)), in MiB. Rejects when it is gone. */
export async function residentMiB(pid: number): Promise<number> {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}
