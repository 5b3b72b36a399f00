import { command } from './command.mjs'
import { SetupError } from './error.mjs'
import { spawnSync } from 'node:child_process'

// A mirror that hiccups and an upgrade that runs in the background are both worth waiting for.
const patience = ['-o', 'Acquire::Retries=3', '-o', 'DPkg::Lock::Timeout=300']
let updated = false

/** Whether this machine takes its software from Debian packages. */
export function hasApt() {
  return spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0
}

/** Installs those of the Debian packages that are missing, or says exactly what the operator has to type. */
export async function install(packages, purpose, progress) {
  if (!hasApt()) {
    throw new SetupError(
      `${purpose} what these Debian packages hold: ${packages.join(' ')}.\n` +
        'This machine has no apt-get: install their equivalents yourself, then try again.',
    )
  }
  const missing = packages.filter((name) => !installed().includes(name))
  if (missing.length === 0) return
  if (process.getuid?.() !== 0) {
    throw new SetupError(
      `${purpose} Debian packages that are not installed. Install them, then try again:\n\n` +
        `  sudo apt-get install -y --no-install-recommends ${missing.join(' ')}`,
    )
  }
  await update(progress)
  progress.doing(`apt-get install ${missing.join(' ')}`)
  await command('apt-get', [...patience, 'install', '-y', '--no-install-recommends', ...missing], {
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  })
}

/** Fetches a Debian package's file into a folder without installing it, which needs no root. */
export async function download(name, folder, progress) {
  if (process.getuid?.() === 0) await update(progress)
  progress.doing(`apt-get download ${name}`)
  await command('apt-get', [...patience, '-o', 'APT::Sandbox::User=root', 'download', name], { cwd: folder })
}

async function update(progress) {
  if (updated) return
  progress.doing('apt-get update')
  await command('apt-get', [...patience, 'update'])
  updated = true
}

function installed() {
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status} ${Package}\n'], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  return stdout.split('\n').flatMap((line) => (line.startsWith('installed ') ? [line.slice(10)] : []))
}
