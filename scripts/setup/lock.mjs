import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SetupError } from './error.mjs'
import { cache } from './paths.mjs'

const path = join(cache, 'setup.lock')
const me = `${process.pid} ${hostname()}`
const beat = 5_000

/**
 * One set-up at a time on a machine, so that two of them do not both build the worker. Returns the release.
 * A holder that died is known by its process id; the beat covers a holder in another container, and an id used again.
 */
export async function lock() {
  makeCache()
  let told = false
  while (!(await take())) {
    if (!told) process.stderr.write(`set-up: waiting for another set-up on this machine (${path})\n`)
    told = true
    await sleep(500)
  }
  const timer = setInterval(touch, beat)
  const release = () => {
    clearInterval(timer)
    if (holder() === me) rmSync(path, { force: true })
  }
  process.once('exit', release)
  return () => {
    process.off('exit', release)
    release()
  }
}

function touch() {
  try {
    utimesSync(path, new Date(), new Date())
  } catch {
    // Somebody has cleared the cache: the set-up goes on, and is no less whole for it.
  }
}

async function take() {
  if (abandoned()) rmSync(path, { force: true })
  try {
    writeFileSync(path, me, { flag: 'wx' })
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
  // Two that clear away the same dead lock can each remove the other's new one: the last to write has it.
  await sleep(50)
  return holder() === me
}

function abandoned() {
  try {
    if (Date.now() - statSync(path).mtimeMs > 6 * beat) return true
    const [pid, host] = readFileSync(path, 'utf8').split(' ')
    return host === hostname() && !alive(Number(pid))
  } catch {
    return false
  }
}

function alive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function holder() {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function makeCache() {
  try {
    mkdirSync(cache, { recursive: true })
  } catch (error) {
    throw new SetupError(
      `The cache folder ${cache} cannot be made (${error.code}). Set XDG_CACHE_HOME to a folder you can write to.`,
    )
  }
}
