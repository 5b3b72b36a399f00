import { readdir, readFile } from 'node:fs/promises'

interface Child {
  pid: number
  command: string
}

/** The processes that `parent` has started and that still run, from /proc (proc(5)). */
export async function childrenOf(parent: number): Promise<Child[]> {
  const children: Child[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const [stat, command] = await Promise.all(
      ['stat', 'cmdline'].map((file) => readFile(`/proc/${name}/${file}`, 'latin1').catch(() => '')),
    )
    // The second field, in brackets, may hold spaces: what follows its end is split.
    const [state, ppid] = (stat ?? '').slice((stat ?? '').lastIndexOf(')') + 2).split(' ')
    if (Number(ppid) === parent && state !== 'Z') {
      children.push({ pid: Number(name), command: (command ?? '').replaceAll('\0', ' ') })
    }
  }
  return children
}

/** The only child of `parent` whose command line has `part` in it. Throws when there is none or more than one. */
export async function childOf(parent: number, part: string): Promise<number> {
  const found = (await childrenOf(parent)).filter(({ command }) => command.includes(part))
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} children of ${parent} are a ${part}`)
  return found[0].pid
}

/** Whether there is such a process (kill(2)). */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
