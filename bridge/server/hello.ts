import type { OutputOf } from '../../shared/commands.ts'
import { publicRefOf } from '../core/client-ref.ts'
import type { Handler } from '../device/device.ts'

/** Answers `session.hello`. `revisionsOf`: how far topics have been sent on the caller's connection; none of a caller without one. */
export function helloOf(
  version: string,
  revisionsOf?: (topics: Iterable<string>) => Record<string, number>,
): Handler<'session.hello'> {
  return ({ topics }, { name, role, via, client, scope }) => {
    const answer: OutputOf<'session.hello'> = {
      name,
      role,
      via,
      client: publicRefOf(client),
      now: Date.now(),
      version,
    }
    if (scope) answer.scope = scope
    if (topics && revisionsOf) answer.topics = revisionsOf(Object.keys(topics))
    return Promise.resolve(answer)
  }
}
