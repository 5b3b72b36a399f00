import { BenchError } from '../../../shared/wire/errors.ts'
import { RpcClient } from './rpc-client.ts'
import { XdrWriter } from './xdr.ts'

/** RFC 1833 section 3. */
export const PORTMAPPER_PORT = 111
export const PORTMAPPER = { program: 100000, version: 2 } as const
export const GETPORT = 3
export const IPPROTO_TCP = 6
const REPLY_MS = 3000
const MOST_PORT = 65_535

/** The TCP port of a program. Rejects with `device.unsupported` when it is not there, and as `RpcClient` does. */
export async function findPort(
  at: { host: string; port: number },
  program: number,
  version: number,
  signal: AbortSignal,
): Promise<number> {
  const client = await RpcClient.open({ ...at, ...PORTMAPPER }, signal)
  try {
    const port = await client.call(GETPORT, 'asking for the port', {
      args: new XdrWriter().uint(program).uint(version).uint(IPPROTO_TCP).uint(0),
      ms: REPLY_MS,
      signal,
      results: (results) => results.uint(),
    })
    if (port > 0 && port <= MOST_PORT) return port
    throw new BenchError(
      'device.unsupported',
      `${client.peer} knows no VXI-11 instrument: is the host right?`,
    )
  } finally {
    client.close()
  }
}
