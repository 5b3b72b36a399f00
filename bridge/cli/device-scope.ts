import type { Scope } from '../../shared/access/access.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import { readBenchFile } from './bench-file.ts'

/**
 * What `--device` binds to; nothing in particular without one. Rejects with `input.invalid` for a device that there is
 * not: nothing would be reached, and nobody would know why.
 */
export async function scopeNamed(wanted: string[] | undefined, config: string): Promise<Scope> {
  if (!wanted) return {}
  const { devices } = await readBenchFile(config)
  const unknown = wanted.find((id) => !devices.includes(id))
  if (unknown === undefined) return { devices: wanted }
  const message = `--device ${unknown}: there is no such device in ${config}; there are ${devices.join(', ') || 'none'}`
  throw new BenchError('input.invalid', message)
}
