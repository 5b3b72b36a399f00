// Asks the registry for known weaknesses of the dependencies: node scripts/tasks/audit.mjs
// Ends with 1 when one of them is high or critical; a registry that does not answer such questions is no reason to fail.
import { execFile } from 'node:child_process'

const DEADLINE_MS = 60_000
const grave = ['high', 'critical']

execFile('npm', ['audit', '--json'], { timeout: DEADLINE_MS, maxBuffer: 1 << 26 }, (_error, stdout) => {
  const vulnerabilities = parsed(stdout)?.vulnerabilities
  if (!vulnerabilities) {
    console.log('the registry does not answer audits here')
    return
  }
  for (const { name, severity, via } of Object.values(vulnerabilities)) {
    if (!grave.includes(severity)) continue
    console.log(`${name}: ${severity}: ${via.map((cause) => cause.title ?? cause).join('; ')}`)
    process.exitCode = 1
  }
})

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
