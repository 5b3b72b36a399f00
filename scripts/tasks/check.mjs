import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { node, root } from '../setup/paths.mjs'

const folders = ['bridge', 'simulators', 'shared', 'web', 'test'].filter((folder) =>
  existsSync(join(root, folder)),
)

const checks = {
  types: ['tsc', '--noEmit'],
  svelte: ['svelte-check', '--tsconfig', './tsconfig.json', '--fail-on-warnings', '--output', 'human'],
  lint: ['eslint', '--max-warnings', '0', '.'],
  imports: ['depcruise', '--config', '.dependency-cruiser.cjs', ...folders],
  dependencies: ['node', 'scripts/tasks/audit.mjs'],
  format: ['prettier', '--check', '--log-level', 'warn', '.'],
}

/** Everything that can be known about the code without running it; a name or more as arguments picks some. */
export const check = {
  setUpFor: 'check',
  async run(args) {
    const unknown = args.find((name) => !checks[name])
    if (unknown) {
      console.error(`There is no check '${unknown}'. There are: ${Object.keys(checks).join(', ')}.`)
      return 2
    }
    const names = args.length > 0 ? args : Object.keys(checks)
    const failed = (await Promise.all(names.map(one))).filter((name) => name !== undefined)
    console.log(failed.length > 0 ? `\nfailed: ${failed.join(', ')}` : `\nall ${names.length} checks passed`)
    return failed.length > 0 ? 1 : 0
  },
}

/** They run side by side, so each one's output is held back until it is whole. Answers the name when it failed. */
async function one(name) {
  const started = Date.now()
  const [program, ...args] = checks[name]
  const { code, output } = await collect(join(root, 'node_modules/.bin', program), args)
  const seconds = ((Date.now() - started) / 1000).toFixed(1)
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`)
  if (code !== 0) console.log(output.trimEnd().replace(/^/gm, '  '))
  return code === 0 ? undefined : name
}

function collect(program, args) {
  const PATH = `${dirname(node)}${delimiter}${process.env.PATH}`
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (data) => (output += data))
  child.stderr.on('data', (data) => (output += data))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output }))
  })
}
