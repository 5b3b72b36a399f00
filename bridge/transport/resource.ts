import { z } from 'zod'
import { tcpTransport } from './tcp.ts'
import type { OpenTransport } from './transport.ts'

const SOCKET = /^TCPIP\d*::(?<host>[^:[\]]+|\[[0-9a-f:]+\])::(?<port>\d{1,5})::SOCKET$/i

/** A VISA resource name that this bridge can open (VPP-4.3 section 4.3.1). */
export const resourceName = z
  .string()
  .refine((name) => {
    const port = Number(SOCKET.exec(name)?.groups?.['port'])
    return port >= 1 && port <= 65_535
  }, 'expected a VISA resource name such as TCPIP::192.168.1.20::5025::SOCKET (the other wires are not built yet)')
  .describe('the VISA resource name, e.g. TCPIP::192.168.1.20::5025::SOCKET')

/** How to open the connection that a resource name (checked by `resourceName`) leads to. */
export function openResource(name: string): OpenTransport {
  const parts = SOCKET.exec(name)?.groups
  if (!parts) throw new RangeError(`not a resource name: ${name}`)
  return tcpTransport((parts['host'] ?? '').replace(/^\[|\]$/g, ''), Number(parts['port']))
}
