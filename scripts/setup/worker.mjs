import { spawnSync } from 'node:child_process'
import { copyFileSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { install } from './apt.mjs'
import { command } from './command.mjs'
import { SetupError } from './error.mjs'
import { cache, node, root } from './paths.mjs'

const mediasoup = join(root, 'node_modules/mediasoup')
const place = join(mediasoup, 'worker/out/Release/mediasoup-worker')
const buildScript = join(root, 'scripts/mediasoup-worker/build.sh')
const buildPackages = [
  ...['g++', 'meson', 'ninja-build', 'pkg-config', 'flatbuffers-compiler', 'libflatbuffers-dev'],
  ...['libuv1-dev', 'libssl-dev', 'libsrtp2-dev', 'libabsl-dev'],
]
const stallAfter = 10_000

/** The SFU's worker program where mediasoup looks for it: from the cache, downloaded, or built. */
export const worker = {
  name: 'mediasoup worker',

  needed() {
    return !works(process.env.MEDIASOUP_WORKER_BIN || place)
  },

  async run(progress) {
    const chosen = process.env.MEDIASOUP_WORKER_BIN
    if (chosen) {
      throw new SetupError(
        `MEDIASOUP_WORKER_BIN names ${chosen}, which does not start here. Unset it, or name one that does.`,
      )
    }
    const cached = cachedWorker()
    if (!works(cached) && !(await downloadTo(cached, progress))) await buildTo(cached, progress)
    progress.doing('putting it in place')
    put(cached, place)
  },
}

function cachedWorker() {
  const { version } = JSON.parse(readFileSync(join(mediasoup, 'package.json'), 'utf8'))
  return join(cache, `mediasoup-worker-${version}-${process.platform}-${process.arch}`, 'mediasoup-worker')
}

/**
 * Without a version to compare with its own, a worker that can run at all ends with 41. One that was built
 * against shared libraries that this machine lacks does not get that far.
 */
function works(binary) {
  const env = { ...process.env, MEDIASOUP_VERSION: undefined }
  return spawnSync(binary, { env, stdio: 'ignore', timeout: 5000 }).status === 41
}

/** mediasoup's own install script, kept from building: it would want pip and a dozen archives from the web. */
async function downloadTo(target, progress) {
  progress.doing('asking for a prebuilt one')
  rmSync(place, { force: true })
  const env = { MEDIASOUP_WORKER_BIN: undefined, PYTHON: 'false' }
  const stalled = new AbortController()
  const watch = setInterval(
    watchGrowth(place, () => stalled.abort()),
    1000,
  )
  try {
    await command(node, ['npm-scripts.mjs', 'postinstall'], { cwd: mediasoup, env, signal: stalled.signal })
  } catch {
    return false
  } finally {
    clearInterval(watch)
  }
  if (!works(place)) return false
  put(place, target)
  return true
}

/** A download may be slow but must not stand still: a firewall that swallows packets would hold us for minutes. */
function watchGrowth(file, onStall) {
  let size = 0
  let since = Date.now()
  return () => {
    const now = statSync(file, { throwIfNoEntry: false })?.size ?? 0
    if (now !== size) [size, since] = [now, Date.now()]
    else if (Date.now() - since > stallAfter) onStall()
  }
}

async function buildTo(target, progress) {
  await install(buildPackages, 'No prebuilt mediasoup-worker can be had here; building one needs', progress)
  // A cached one may have lacked only the libraries that came with these packages.
  if (works(target)) return
  const fresh = `${target}.${process.pid}`
  const log = join(dirname(target), 'build.log')
  mkdirSync(dirname(target), { recursive: true })
  progress.doing('building it from source, once for this machine')
  try {
    await command('bash', [buildScript, mediasoup, fresh], {
      log,
      onLine(line) {
        const [, step, count] = /^\[(\d+)\/(\d+)\]/.exec(line) ?? []
        if (step) progress.at(`${step} of ${count}`)
      },
    })
    if (!works(fresh))
      throw new SetupError(`The mediasoup-worker that was built does not start. Its build log is ${log}`)
    renameSync(fresh, target)
  } catch (error) {
    error.message += `\nThe whole build log is ${log}`
    throw error
  } finally {
    rmSync(fresh, { force: true })
  }
}

/** By way of a name of its own, so that nobody ever starts half a file. */
function put(from, to) {
  const fresh = `${to}.${process.pid}`
  mkdirSync(dirname(to), { recursive: true })
  try {
    linkSync(from, fresh)
  } catch {
    copyFileSync(from, fresh)
  }
  renameSync(fresh, to)
}
