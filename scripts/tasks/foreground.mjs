import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'
import { node, root } from '../setup/paths.mjs'

/** What Node has compiled once is not compiled again: the bridge, its cameras and its simulators start in half the time. */
const env = {
  NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/lightbench/compiled'),
  ...process.env,
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Runs programs on the project's Node until the first of them ends, ends the others, and returns its exit code.
 * Each program is a list of arguments to node; `onMessage` gives them a channel to report by.
 * Signals are handed on, so that ending this process ends them; one that does not listen is killed.
 */
export async function foreground(programs, { onMessage } = {}) {
  const stdio = ['inherit', 'inherit', 'inherit', ...(onMessage ? ['ipc'] : [])]
  const children = programs.map((args) => spawn(node, args, { stdio, env }))
  if (onMessage) children.forEach((child) => child.on('message', onMessage))

  const kill = (signal) => children.forEach((child) => child.kill(signal))
  const later = (ms, signal) => setTimeout(kill, ms, signal).unref()
  const told = new Set()
  const tell = (signal) => {
    // npm hands on a signal that reached us as well, and one that hears it twice may take it for impatience.
    if (told.has(signal)) return
    told.add(signal)
    later(10_000, 'SIGKILL')
    // Ctrl-C in a terminal has told the children already; a SIGINT from elsewhere looks the same.
    if (signal === 'SIGINT' && process.stdin.isTTY) later(4_000, 'SIGTERM')
    else kill(signal)
  }
  signals.forEach((signal) => process.on(signal, tell))

  const ends = children.map(exitCode)
  const first = await Promise.race(ends)
  tell('SIGTERM')
  await Promise.all(ends)
  signals.forEach((signal) => process.off(signal, tell))
  return first
}

function exitCode(child) {
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]))
  })
}
