import { BenchError, unwrap, type Result } from '../../shared/wire/errors.ts'
import {
  type GuardianState,
  type GuardianStopAnswer,
  guardianStopAnswer,
} from '../../shared/guardian/guardian.ts'

/** Where the guardian takes a page's emergency stop; undefined where the bench has none. */
export function guardianStopUrl(
  { port, path }: GuardianState,
  page: { origin: string; protocol: string; hostname: string },
): string | undefined {
  if (path !== undefined) return `${page.origin}${path.replace(/\/$/, '')}/api/estop`
  return port === undefined ? undefined : `${page.protocol}//${page.hostname}:${port}/api/estop`
}

/**
 * Presses the emergency stop at the guardian itself, by the ticket alone. Throws what it answers, or `connection.lost`
 * when it does not.
 */
export async function stopByGuardian(
  url: string,
  ticket: string,
  { why, deadlineMs }: { why?: string | undefined; deadlineMs: number },
): Promise<GuardianStopAnswer> {
  let response: Response
  try {
    response = await fetch(url, {
      method: 'POST',
      mode: 'cors',
      credentials: 'omit',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ticket, ...(why === undefined ? {} : { why }) }),
      signal: AbortSignal.timeout(deadlineMs),
    })
  } catch (cause) {
    throw new BenchError('connection.lost', 'The guardian cannot be reached.', { cause })
  }
  const result = (await response.json().catch(() => undefined)) as Result<unknown> | undefined
  if (typeof result?.ok === 'boolean') {
    const answer = guardianStopAnswer.safeParse(unwrap(result))
    if (answer.success) return answer.data
  }
  throw new BenchError('internal', `The guardian answered ${response.status} to the stop. Its log says why.`)
}
