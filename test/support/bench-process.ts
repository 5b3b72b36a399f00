import { readFileSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { grantsNamespaces } from './namespaces.ts'
import { Program } from './process.ts'

const BRIDGE_FLAGS = JSON.parse(
  readFileSync(new URL('../../bridge/node-flags.json', import.meta.url), 'utf8'),
) as string[]

/** A simulated CTP10 on a free port of loopback, or on the given one. */
export function startCtp10(
  args: string[] = [],
  port = 0,
): Promise<Program<{ port: number; resource: string }>> {
  return Program.start('simulators/ctp10/main.ts', ['--port', String(port), ...args], (line) => {
    if (!line.startsWith('{"listening"')) return undefined
    const { listening } = JSON.parse(line) as { listening: { port: number } }
    return { port: listening.port, resource: `TCPIP::127.0.0.1::${listening.port}::SOCKET` }
  })
}

/** A simulated tunable laser that says on its output when its light goes on and off. */
export function startLaser(): Promise<Program<{ resource: string }>> {
  return Program.start('simulators/scpi/main.ts', ['--port', '0'], (line) => {
    if (!line.startsWith('{"listening"')) return undefined
    const { listening } = JSON.parse(line) as { listening: { port: number } }
    return { resource: `TCPIP::127.0.0.1::${listening.port}::SOCKET` }
  })
}

/** A bench file in a folder of its own, with ports that the system chooses. */
export async function writeBench(bench: Record<string, unknown>): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'lightbench-')), 'bench.yaml')
  await writeFile(file, stringify({ title: 'Test bench', media: { port: 0 }, ...bench, ...sandboxed(bench) }))
  return file
}

/** A container may grant Chromium no sandbox: a bench of the tests, whose pages are all its own, then says that it has none. */
function sandboxed(bench: Record<string, unknown>): object {
  const watches = bench['watches'] as { pages?: object } | undefined
  if (!watches?.pages || grantsNamespaces()) return {}
  return { watches: { ...watches, pages: { sandbox: false, ...watches.pages } } }
}

/** The real bridge in its own process, with what Node is given for it. `port` 0 takes a free one. Without a guardian unless `args` say otherwise. */
export function startBridge(
  file: string,
  port = 0,
  nodeArgs: string[] = [],
  args: string[] = ['--without-guardian'],
  spawning: { group?: boolean; through?: readonly string[] } = {},
): Promise<Program<{ url: string; port: number }>> {
  const isReady = (line: string): { url: string; port: number } | undefined => {
    const url = /"url":"(https?:[^"]+)"/.exec(line)?.[1]
    return url === undefined ? undefined : { url, port: Number(new URL(url).port) }
  }
  const options = ['--config', file, '--port', String(port), ...args]
  return Program.start('bridge/main.ts', options, isReady, [...BRIDGE_FLAGS, ...nodeArgs], spawning)
}
