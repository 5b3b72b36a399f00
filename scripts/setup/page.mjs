import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { command } from './command.mjs'
import { node, root } from './paths.mjs'

const sources = ['web', 'shared', 'vite.config.ts', 'svelte.config.js', 'package-lock.json']
const page = join(root, 'web/dist/index.html')
const stamp = join(root, 'node_modules/.cache/lightbench/page')

/** The page as the bridge serves it, made anew when its sources are not those it was made from. */
export const builtPage = {
  name: 'page',

  needed() {
    return !existsSync(page) || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== fingerprint()
  },

  async run(progress) {
    // Taken first, so that an edit during the build is noticed by the next set-up.
    const made = fingerprint()
    progress.doing('vite build')
    await command(node, ['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn'])
    mkdirSync(dirname(stamp), { recursive: true })
    writeFileSync(stamp, made)
  },
}

function fingerprint() {
  const hash = createHash('sha256')
  for (const source of sources) {
    for (const file of filesIn(source)) {
      const { mtimeMs, size } = statSync(join(root, file))
      hash.update(`${file} ${mtimeMs} ${size}\n`)
    }
  }
  return hash.digest('hex')
}

function filesIn(path) {
  const found = statSync(join(root, path), { throwIfNoEntry: false })
  if (!found || path === 'web/dist') return []
  if (!found.isDirectory()) return [path]
  return readdirSync(join(root, path))
    .sort()
    .flatMap((name) => filesIn(`${path}/${name}`))
}
