import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const SCRIPT = fileURLToPath(new URL('visa_script.py', import.meta.url))
/** Debian's own Python, which is the one that Debian's PyVISA is installed for. */
const PYTHON = '/usr/bin/python3'
const DEADLINE_MS = 60_000

/** What a PyVISA script measured. */
export interface VisaScript {
  identity: string
  perSecond: number
  /** The median time of a block, in s. */
  blockS: number
  points: number
  first: number | null
}

/** Runs a PyVISA script with pyvisa-py against a resource: so many `*IDN?`, then so many blocks of big-endian floats. */
export async function runVisaScript(
  resource: string,
  queries: number,
  blocks = 0,
  blockQuery = '',
): Promise<VisaScript> {
  const args = [SCRIPT, resource, String(queries), String(blocks), blockQuery]
  const { stdout } = await promisify(execFile)(PYTHON, args, { timeout: DEADLINE_MS })
  return JSON.parse(stdout) as VisaScript
}
