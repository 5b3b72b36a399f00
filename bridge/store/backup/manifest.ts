import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { BenchError, explainIssues } from '../../../shared/wire/errors.ts'

export const FORMAT = 1

/** A path inside the backup that leads nowhere else. */
const path = z
  .string()
  .refine(
    (text) => text.split('/').every((part) => !['', '.', '..'].includes(part)) && !/[\0\\]/.test(text),
    {
      error: 'a path inside the backup, with / between its parts',
    },
  )

/** What a backup says of itself: a file in it, written last. */
export const manifest = z.object({
  format: z.literal(FORMAT).describe('of the backup'),
  lightbench: z.string().describe('the version that made it'),
  madeAt: z.iso.datetime().describe('UTC'),
  without: z.array(z.literal('gallery')).describe('what was left out'),
  databases: z
    .record(path, z.record(z.string(), z.number().int()))
    .describe("each database's tables, by owner, with their versions"),
  audit: z
    .object({ number: z.number().int(), hash: z.string() })
    .optional()
    .describe('the last line of the audit: its number and its hash'),
  files: z
    .array(
      z.object({
        path: path.describe('inside the backup'),
        bytes: z.number().int().nonnegative(),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .describe('every file of the backup but this one'),
})
export type Manifest = z.output<typeof manifest>

export const MANIFEST_FILE = 'manifest.json'
/** The bench's file, as it was. */
export const BENCH_FILE = 'bench.yaml'
/** The data folder in the backup. */
export const DATA = 'data'

/** Rejects with `input.invalid` for a folder that is no backup, or one of a newer version. */
export async function readManifest(backup: string): Promise<Manifest> {
  const file = join(backup, MANIFEST_FILE)
  let read: unknown
  try {
    read = JSON.parse(await readFile(file, 'utf8'))
  } catch (cause) {
    const message = `${backup} is no whole backup: ${file} cannot be read. Name a folder that lightbench backup made`
    throw new BenchError('input.invalid', message, { cause })
  }
  const { format } = z
    .object({ format: z.number().catch(0) })
    .catch({ format: 0 })
    .parse(read)
  if (format > FORMAT) {
    const message = `${backup} was made by a newer Lightbench (format ${format}, this program knows ${FORMAT}): restore it with that one`
    throw new BenchError('input.invalid', message)
  }
  const parsed = manifest.safeParse(read)
  if (parsed.success) return parsed.data
  throw new BenchError('input.invalid', `${file}: ${explainIssues(parsed.error)}`)
}
