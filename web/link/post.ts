import { BenchError, unwrap, type Result } from '../../shared/wire/errors.ts'
import { authorization } from './credentials.ts'

const DEADLINE_MS = 10_000

/** Posts JSON to one of the bridge's routes. Throws the BenchError it answers, or one that says why it did not. */
export async function post<T>(
  path: string,
  body: object,
  { deadlineMs = DEADLINE_MS }: { deadlineMs?: number } = {},
): Promise<T> {
  return answerOf(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization() },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(deadlineMs),
    // What has been asked for is to arrive, even when the page is left meanwhile.
    keepalive: true,
  })
}

/** Asks one of the bridge's routes. Throws as `post` does. */
export async function get<T>(path: string): Promise<T> {
  return answerOf(path, { headers: authorization(), signal: AbortSignal.timeout(DEADLINE_MS) })
}

async function answerOf<T>(path: string, request: RequestInit): Promise<T> {
  let response: Response
  try {
    response = await fetch(path, request)
  } catch (cause) {
    throw new BenchError('connection.lost', 'The bridge cannot be reached. Try again once it is back.', {
      cause,
    })
  }
  const result = (await response.json().catch(() => undefined)) as Result<T> | undefined
  if (typeof result?.ok === 'boolean') return unwrap(result)
  throw new BenchError('internal', `The bridge answered ${response.status} to ${path}. Its log says why.`)
}
