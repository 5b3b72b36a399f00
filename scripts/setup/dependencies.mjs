import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join, sep } from 'node:path'
import { command } from './command.mjs'
import { node, root } from './paths.mjs'

/** node_modules holds what package-lock.json names. */
export const dependencies = {
  name: 'dependencies',

  needed() {
    return !existsSync(node) || !sameAsLocked()
  },

  async run(progress) {
    for (let attempt = 1; ; attempt++) {
      progress.doing(attempt === 1 ? 'npm ci' : 'npm ci failed, trying once more')
      try {
        return await npmCi()
      } catch (error) {
        // No second attempt will bring an npm, or a lock that agrees with package.json (EUSAGE).
        if (attempt === 2 || !error.output || error.output.includes('EUSAGE')) throw error
      }
    }
  },
}

async function npmCi() {
  await command('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
    env: {
      PATH: pathWithoutBin(),
      // node-av would download an ffmpeg program; its libraries, all that is used, come in its package.
      SKIP_FFMPEG: 'true',
      // An npm that does not know allowScripts runs mediasoup's install script, which builds a worker from
      // sources on the web and fails where there is none. With this it does nothing; the worker is a step of its own.
      MEDIASOUP_WORKER_BIN: 'set-up-later',
    },
  })
}

/** npm writes its hidden lock as the last thing, so an install that was broken off is seen too. */
function sameAsLocked() {
  const hidden = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(hidden)) return false
  const have = packagesIn(hidden)
  const want = packagesIn(join(root, 'package-lock.json'))
  return Object.entries(want).every(([path, entry]) => {
    if (path === '') return true
    const found = have[path]
    return found
      ? found.version === entry.version && found.integrity === entry.integrity
      : entry.optional === true
  })
}

function packagesIn(lockfile) {
  return JSON.parse(readFileSync(lockfile, 'utf8')).packages
}

/** npm must not run on the Node inside the node_modules that it is about to delete. */
function pathWithoutBin() {
  const inside = join(root, 'node_modules') + sep
  return process.env.PATH.split(delimiter)
    .filter((folder) => !`${folder}${sep}`.startsWith(inside))
    .join(delimiter)
}
