import { Readable } from 'node:stream'
import type { Route } from '../server/route.ts'
import type { FetchedTrace } from '../instrument/ctp10/trace.ts'
import type { Ctp10Api } from './api.ts'
import { apiRoute } from './api-route.ts'
import { traceQuery } from './detector-routes.ts'
import { recordBytes, recordHeader, RECORD_BYTES } from './npy-records.ts'

/** So many points are made ready at a time: a trace of 940,001 points is 15 MB as records, 40 MB as JSON. */
const SLICE = 8192

/** `/detector/trace`. What is fetched here is not kept in the library. */
export function traceRoutes(api: Ctp10Api): Route[] {
  const query = traceQuery(api)
  const fetch = (
    { module, channel, trace_type }: { module: number; channel: number; trace_type: number },
    signal: AbortSignal,
  ): Promise<FetchedTrace> => api.traces.fetchTrace({ module, channel, type: trace_type }, signal)
  return [
    apiRoute(api, {
      method: 'get',
      path: '/detector/trace/metadata',
      query,
      handle: async ({ query: at }, caller) => {
        const { powerUnit } = api.detector(at.module, at.channel)
        const { module, channel, trace_type: type } = at
        const info = await api.call('ctp.traceInfo', { module, channel, type }, caller)
        return {
          ...at,
          num_points: info.points,
          unit: powerUnit,
          sampling_pm: info.samplingPm,
          start_wavelength_nm: info.startNm,
        }
      },
    }),
    apiRoute(api, {
      method: 'get',
      path: '/detector/trace/data',
      query,
      handle: async ({ query: at }, caller, context) => {
        const { powerUnit } = api.detector(at.module, at.channel)
        const trace = await fetch(at, caller.signal)
        const metadata = { ...at, num_points: trace.points, unit: powerUnit }
        context.type = 'application/json'
        context.body = Readable.from(json(metadata, trace))
      },
    }),
    apiRoute(api, {
      method: 'get',
      path: '/detector/trace/binary',
      query,
      handle: async ({ query: at }, caller, context) => {
        const trace = await fetch(at, caller.signal)
        const head = recordHeader(trace.points)
        context.type = 'application/octet-stream'
        context.attachment(`trace_m${at.module}_c${at.channel}_t${at.trace_type}.npy`)
        context.length = head.length + trace.points * RECORD_BYTES
        context.body = Readable.from(records(head, trace))
      },
    }),
  ]
}

const wavelengthNm = ({ startM, stepM }: FetchedTrace, i: number): number => (startM + i * stepM) * 1e9

function* records(head: Uint8Array, trace: FetchedTrace): Generator<Uint8Array> {
  yield head
  const view = samplesOf(trace)
  for (let from = 0; from < trace.points; from += SLICE) {
    const count = Math.min(SLICE, trace.points - from)
    yield recordBytes(count, (i) => [wavelengthNm(trace, from + i), view.getFloat32((from + i) * 4)])
  }
}

function* json(metadata: object, trace: FetchedTrace): Generator<string> {
  const view = samplesOf(trace)
  const list = function* (value: (i: number) => number): Generator<string> {
    for (let from = 0; from < trace.points; from += SLICE) {
      const count = Math.min(SLICE, trace.points - from)
      const text = JSON.stringify(Array.from({ length: count }, (_, i) => value(from + i)))
      yield (from > 0 ? ',' : '') + text.slice(1, -1)
    }
  }
  yield `{"metadata":${JSON.stringify(metadata)},"wavelengths":[`
  yield* list((i) => Number(wavelengthNm(trace, i).toPrecision(12)))
  yield '],"values":['
  yield* list((i) => view.getFloat32(i * 4))
  yield ']}'
}

function samplesOf({ samples }: FetchedTrace): DataView {
  return new DataView(samples.buffer, samples.byteOffset, samples.byteLength)
}
