import { setTimeout as sleep } from 'node:timers/promises'
import { unwrap, type Result } from '../../shared/wire/errors.ts'
import type { CommandName, InputOf, OutputOf } from '../../shared/commands.ts'
import type { Role } from '../../shared/access/access.ts'

const PASSWORD = 'correct horse battery'

const LINK_MS = 5000

/** Headers by which the bridge knows somebody. */
export type Headers = Record<string, string>

/** Asks over REST. Answers the value; throws the BenchError of a failed one. */
export async function ask<K extends CommandName>(
  url: string,
  headers: Headers,
  name: K,
  input: InputOf<K>,
): Promise<OutputOf<K>> {
  const result = (await post(url, `/api/commands/${name}`, input, headers).then((answer) =>
    answer.json(),
  )) as Result<OutputOf<K>>
  return unwrap(result)
}

/** Posts JSON. */
export function post(url: string, path: string, body: unknown, headers: Headers = {}): Promise<Response> {
  return fetch(url + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

/** Makes the first administrator by the link that a new bench has printed, and answers their session. */
export async function setUp(url: string, output: readonly string[], name = 'root-admin'): Promise<Headers> {
  const end = performance.now() + LINK_MS
  let key = keyIn(output)
  while (key === undefined) {
    if (performance.now() > end)
      throw new Error(`the bridge has printed no set-up link:\n${output.join('\n')}`)
    await sleep(20)
    key = keyIn(output)
  }
  return cookieOf(await post(url, '/api/set-up', { key, name, password: PASSWORD }))
}

/** Signs somebody in, made before by `administrator`. */
export async function signedIn(
  url: string,
  administrator: Headers,
  name: string,
  role: Role,
): Promise<Headers> {
  await ask(url, administrator, 'user.add', { name, role, password: PASSWORD })
  return signIn(url, name)
}

/** Signs in somebody who was made by `signedIn`. */
export async function signIn(url: string, name: string): Promise<Headers> {
  return cookieOf(await post(url, '/api/sign-in', { name, password: PASSWORD }))
}

function keyIn(output: readonly string[]): string | undefined {
  return /set-up\?key=(\S+)/.exec(output.join('\n'))?.[1]
}

async function cookieOf(answer: Response): Promise<Headers> {
  const cookie = answer.headers.get('set-cookie')?.split(';', 1)[0]
  if (cookie === undefined) throw new Error(`${answer.status}: ${await answer.text()}`)
  return { cookie }
}
