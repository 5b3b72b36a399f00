import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { SystemdNotify } from '../../bridge/core/systemd-notify.ts'
import { childrenOf } from '../support/children.ts'

const WATCHDOG_MS = 300

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

/** systemd's end, which lets go of the descriptor that each message ends with (sd_notify_barrier(3)). */
const LISTEN = `import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True: print(s.recv(4096).decode(), flush=True)`

/** A datagram socket of the Unix domain, and all that has come to it. */
class Manager {
  readonly socket: string
  said = ''
  readonly #child: ChildProcess

  private constructor(socket: string, child: ChildProcess) {
    this.socket = socket
    this.#child = child
    child.stdout?.on('data', (bytes: Buffer) => (this.said += bytes.toString()))
  }

  static async start(): Promise<Manager> {
    const socket = join(await mkdtemp(join(tmpdir(), 'lightbench-notify-')), 'notify')
    const child = spawn('python3', ['-c', LISTEN, socket], { stdio: ['ignore', 'pipe', 'inherit'] })
    const manager = new Manager(socket, child)
    open.push(() => manager.end())
    await expect.poll(() => existsSync(socket)).toBe(true)
    return manager
  }

  count(line: string): number {
    return this.said.split(line).length - 1
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill()
    await once(this.#child, 'exit')
  }
}

function notify(env: NodeJS.ProcessEnv): SystemdNotify {
  const made = new SystemdNotify({ PATH: process.env['PATH'], ...env })
  open.push(() => made[Symbol.dispose]())
  return made
}

const shells = async (): Promise<number> =>
  (await childrenOf(process.pid)).filter(({ command }) => command.includes('systemd-notify')).length

it('says that it is ready once it is, and then that it lives', async () => {
  const manager = await Manager.start()
  const told = notify({ NOTIFY_SOCKET: manager.socket, WATCHDOG_USEC: String(WATCHDOG_MS * 1000) })
  expect(manager.said).toBe('')
  told.ready()
  await expect.poll(() => manager.count('READY=1')).toBe(1)
  await expect.poll(() => manager.count('WATCHDOG=1')).toBeGreaterThan(3)
  expect(manager.count('READY=1')).toBe(1)
  // One helper for all of it, gone with its owner.
  expect(await shells()).toBe(1)
  told[Symbol.dispose]()
  await expect.poll(shells).toBe(0)
})

it('says nothing of the watchdog where the unit has none, or another process is meant', async () => {
  const manager = await Manager.start()
  const other = { WATCHDOG_USEC: '1000', WATCHDOG_PID: '1' }
  notify({ NOTIFY_SOCKET: manager.socket }).ready()
  notify({ NOTIFY_SOCKET: manager.socket, ...other }).ready()
  await expect.poll(() => manager.count('READY=1')).toBe(2)
  expect(manager.count('WATCHDOG=1')).toBe(0)
})

it('keeps the socket from the children of this process', () => {
  const env: NodeJS.ProcessEnv = { NOTIFY_SOCKET: '/run/systemd/notify' }
  new SystemdNotify(env)[Symbol.dispose]()
  expect(env['NOTIFY_SOCKET']).toBeUndefined()
})

it('does nothing without systemd, and does not mind a systemd that is gone', async () => {
  notify({ WATCHDOG_USEC: '1000' }).ready()
  expect(await shells()).toBe(0)
  const manager = await Manager.start()
  const told = notify({ NOTIFY_SOCKET: manager.socket, WATCHDOG_USEC: '30000' })
  told.ready()
  await expect.poll(() => manager.count('WATCHDOG=1')).toBeGreaterThan(0)
  await manager.end()
  const again = notify({ NOTIFY_SOCKET: manager.socket, PATH: '/nowhere', WATCHDOG_USEC: '30000' })
  again.ready()
  // Both go on trying, one line at a time.
  await expect.poll(shells).toBe(2)
})
