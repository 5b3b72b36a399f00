import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

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
export function runVisaScript(
  resource: string,
  queries: number,
  blocks = 0,
  blockQuery = '',
): Promise<VisaScript> {
  return run<VisaScript>('visa_script.py', [resource, String(queries), String(blocks), blockQuery])
}

/** What two PyVISA scripts saw of one shared instrument. */
export interface VisaShare {
  identity: string
  /** The error queue's first entry after a header that the instrument does not know, and after that. */
  error: string
  none: string
  points: number
  first: number
  /** What the second script ran into while the first had the lock; null for nothing. */
  heldOff: string | null
  /** The answer that the second script got once the lock was let go. */
  then: string
}

/** Two PyVISA scripts at one resource: a question, a refused command, a block of big-endian floats, and the lock. */
export function runVisaShare(resource: string, blockQuery: string): Promise<VisaShare> {
  return run<VisaShare>('visa_share.py', [resource, blockQuery])
}

async function run<Said>(script: string, args: string[]): Promise<Said> {
  const path = fileURLToPath(new URL(script, import.meta.url))
  const { stdout } = await promisify(execFile)(PYTHON, [path, ...args], { timeout: DEADLINE_MS })
  return JSON.parse(stdout) as Said
}
