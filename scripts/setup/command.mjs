import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { SetupError } from './error.mjs'
import { root } from './paths.mjs'

const running = new Set()

// Every command leads a process group, so that a compiler four levels down does not outlive the set-up.
process.on('exit', () => running.forEach(end))

/**
 * Runs a program to its end, quietly, and returns the last of what it printed; throws that when it fails.
 * `onLine` sees every line, `log` names a file that keeps them all, and an aborted `signal` ends the program.
 */
export async function command(program, args, { cwd = root, env = {}, log, onLine, signal } = {}) {
  signal?.throwIfAborted()
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  running.add(child)
  const abort = () => end(child)
  signal?.addEventListener('abort', abort)

  const printed = new PassThrough()
  child.stdout.pipe(printed, { end: false })
  child.stderr.pipe(printed, { end: false })
  if (log) printed.pipe(createWriteStream(log))
  const tail = []
  createInterface({ input: printed }).on('line', (line) => {
    if (tail.push(line) > 40) tail.shift()
    onLine?.(line)
  })

  try {
    const ended = await new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, by) => printed.end(() => resolve(by ?? code)))
    })
    if (ended !== 0) throw new CommandError([program, ...args].join(' '), ended, tail.join('\n'))
    return tail.join('\n')
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
    throw new SetupError(`${program} is not on this machine (or not in PATH).`)
  } finally {
    running.delete(child)
    signal?.removeEventListener('abort', abort)
  }
}

/** A command that ended with anything but 0, with the last of what it printed. */
export class CommandError extends SetupError {
  constructor(line, ended, output) {
    super(`${output}\n\n'${line}' ended with ${ended}.`)
    this.output = output
  }
}

function end(child) {
  try {
    process.kill(-child.pid, 'SIGTERM')
  } catch {
    // It ended by itself in the meantime.
  }
}
