import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { download, hasApt } from './apt.mjs'
import { command } from './command.mjs'
import { SetupError } from './error.mjs'
import { cache } from './paths.mjs'

const installed = '/usr/share/doc/opencv-doc/examples/data/vtest.avi'
const folder = join(cache, 'samples')
const sample = join(folder, 'vtest.avi')

/** The sample video with people walking: the tests need it, the demo bench shows it when it is there. */
export const samples = {
  name: 'sample video',
  needed: () => !existsSync(sample),
  async run(progress) {
    mkdirSync(folder, { recursive: true })
    rmSync(sample, { force: true })
    if (existsSync(installed)) symlinkSync(installed, sample)
    else await takeFromPackage(progress)
  },
}

/** The same, but only where it costs nothing. */
export const samplesAtHand = { ...samples, needed: () => existsSync(installed) && samples.needed() }

/** Slim images tell dpkg to leave /usr/share/doc out, so the file is taken from the package rather than installed. */
async function takeFromPackage(progress) {
  if (!hasApt()) {
    throw new SetupError(
      `The tests need vtest.avi, a sample video of OpenCV. This machine has no apt-get: put it at ${sample}.`,
    )
  }
  const scratch = mkdtempSync(join(folder, 'download-'))
  try {
    await download('opencv-doc', scratch, progress)
    const [deb] = readdirSync(scratch)
    progress.doing('unpacking')
    const pick = 'dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" "$3"'
    await command('bash', [
      '-o',
      'pipefail',
      '-c',
      pick,
      'pick',
      join(scratch, deb),
      scratch,
      `.${installed}`,
    ])
    renameSync(join(scratch, installed), sample)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
