import { execFileSync } from 'node:child_process'

/** nobody and its group. */
export const NOBODY = 65_534

/** Whether this machine lets a user, nobody where this is root, make the namespaces that Chromium's sandbox consists of. */
export function grantsNamespaces(): boolean {
  try {
    execFileSync('unshare', ['--user', '--pid', '--net', '--fork', 'true'], {
      stdio: 'ignore',
      ...(process.getuid?.() === 0 && { uid: NOBODY, gid: NOBODY }),
    })
    return true
  } catch {
    return false
  }
}
