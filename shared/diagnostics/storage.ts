import { z } from 'zod'

/** What every page is told of a store whose disk does not take, or does not give, what it should. */
export const storeSickness = z.object({
  since: z.number().describe('ms since the epoch'),
  why: z.string().describe('what happened, to which file, and what to do'),
  lost: z
    .number()
    .int()
    .describe(
      'so much found no room any more while the disk took nothing, and is lost: lines of the audit, checks',
    ),
})
export type StoreSickness = z.infer<typeof storeSickness>

/** The stores that are sick, by what they keep; empty while all are well. */
export const storageState = z.partialRecord(z.enum(['bench', 'watches']), storeSickness)
export type StorageState = z.infer<typeof storageState>
