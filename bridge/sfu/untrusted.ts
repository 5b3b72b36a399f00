import { z } from 'zod'
import type { types } from 'mediasoup'
import { BenchError, explainIssues } from '../../shared/wire/errors.ts'

// mediasoup writes these straight into a buffer that all requests to the worker share: what does not fit would spoil
// that buffer for everybody, so it is looked at here first.
const dtlsSchema = z.object({
  role: z.enum(['auto', 'client', 'server']).optional(),
  fingerprints: z
    .array(
      z.object({
        algorithm: z.enum(['sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512']),
        value: z.string().regex(/^([0-9A-Fa-f]{2}:){19,63}[0-9A-Fa-f]{2}$/, 'must be bytes in hexadecimal'),
      }),
    )
    .min(1)
    .max(8),
})

const capabilitiesSchema = z.object({
  codecs: z
    .array(
      z.looseObject({
        kind: z.enum(['audio', 'video']),
        mimeType: z.string().max(64),
        clockRate: z.number().int(),
        parameters: z.record(z.string(), z.union([z.string().max(256), z.number()])).optional(),
        rtcpFeedback: z
          .array(z.object({ type: z.string().max(32), parameter: z.string().max(32).optional() }))
          .max(16)
          .optional(),
      }),
    )
    .max(128),
  headerExtensions: z
    .array(z.looseObject({ uri: z.string().max(256), preferredId: z.number().int().min(1).max(255) }))
    .max(64)
    .optional(),
})

function parse<T>(schema: z.ZodType<T>, what: string, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new BenchError('input.invalid', `${what}: ${explainIssues(parsed.error)}`)
}

/** DTLS parameters as a browser sent them. Throws `input.invalid`. */
export function parseDtlsParameters(value: unknown): types.DtlsParameters {
  return parse<types.DtlsParameters>(dtlsSchema, 'dtlsParameters', value)
}

/** RTP capabilities as a browser sent them. Throws `input.invalid`. */
export function parseRtpCapabilities(value: unknown): types.RtpCapabilities {
  return parse(capabilitiesSchema, 'rtpCapabilities', value) as types.RtpCapabilities
}
