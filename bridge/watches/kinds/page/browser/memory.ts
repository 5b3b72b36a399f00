import { readdir, readFile } from 'node:fs/promises'

/** Memory that a process and all it has started hold for themselves, in MB, from /proc (proc(5)); 0 where there is none. */
export async function treeMemoryMB(root: number): Promise<number> {
  const parents = await parentsOfAll()
  const inTree = (pid: number | undefined): boolean =>
    pid === root || (pid !== undefined && pid > 1 && inTree(parents.get(pid)))
  let kB = 0
  for (const pid of parents.keys()) {
    if (!inTree(pid)) continue
    const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '')
    kB += Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1] ?? 0)
  }
  return kB / 1000
}

async function parentsOfAll(): Promise<Map<number, number>> {
  const parents = new Map<number, number>()
  for (const name of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(name)) continue
    const stat = await readFile(`/proc/${name}/stat`, 'latin1').catch(() => '')
    // The second field, in brackets, may hold spaces: what follows its end is split.
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
    if (parent > 0) parents.set(Number(name), parent)
  }
  return parents
}
