import { isIP } from 'node:net'
import { z } from 'zod'

const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i

/** A host's name or its address as a Host header has it, but for port and brackets (RFC 9110 section 7.2). */
export const hostName = z.string().superRefine((text, context) => {
  const message = hostFault(text)
  if (message !== undefined) context.addIssue({ code: 'custom', message })
})

/** The origin of a page (RFC 6454): scheme, host and port, and nothing after them. */
export const pageOrigin = z.string().superRefine((text, context) => {
  const message = originFault(text)
  if (message !== undefined) context.addIssue({ code: 'custom', message })
})

function hostFault(text: string): string | undefined {
  if (isIP(text) !== 0) return undefined
  const host = text.replace(/^[a-z]+:\/\//i, '').replace(/[/?#].*$/s, '')
  const bare = host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1')
  if (bare !== text && isHost(bare)) return `a host name has no scheme, port, path or brackets: write ${bare}`
  return isHost(text) ? undefined : 'expected a host name such as lab.example.org, or an address'
}

function isHost(text: string): boolean {
  return isIP(text) !== 0 || (text.length <= 253 && text.split('.').every((label) => LABEL.test(label)))
}

function originFault(text: string): string | undefined {
  const expected = 'expected the origin of a page such as https://lab.example.org or http://10.0.0.7:8000'
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return expected
  const { origin } = new URL(text)
  return text.toLowerCase() === origin
    ? undefined
    : `an origin has no path, name or default port: write ${origin}`
}
