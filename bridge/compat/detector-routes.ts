import { z } from 'zod'
import type { Route } from '../server/route.ts'
import type { Ctp10Api } from './api.ts'
import { ApiError } from './api-error.ts'
import { apiRoute, number, place, whole, yesOrNo } from './api-route.ts'
import { snapshotOf } from './snapshot.ts'

/** Light travels 299792.458 nm in a THz's period. */
const NM_THZ = 299_792.458
/** A reference that takes longer is 504. */
const REFERENCE_MS = 60_000

const text = (words: Record<string, string>) =>
  z
    .string()
    .transform((word) => words[word.toUpperCase()])
    .pipe(z.string(`one of ${Object.keys(words).join(', ')}`))
const powerUnits = text({ DBM: 'dBm', '0': 'dBm', MW: 'mW', '1': 'mW' }).pipe(z.enum(['dBm', 'mW']))
const spectralUnits = text({
  ...{ WAV: 'nm', WAVELENGTH: 'nm', NM: 'nm', '0': 'nm' },
  ...{ FREQ: 'THz', FREQUENCY: 'THz', THZ: 'THz', '1': 'THz' },
}).pipe(z.enum(['nm', 'THz']))

/** `/detector`, but for its traces. */
export function detectorRoutes(api: Ctp10Api): Route[] {
  const query = place(api)
  const result = ({ module, channel }: z.output<typeof query>) => {
    const { reference } = api.detector(module, channel)
    const none = { state: 0, type: null, date: null, time: null }
    if (!reference) return none
    const { kind, date, time } = reference
    return { state: 1, type: kind === 'TF' ? 0 : 1, date, time }
  }
  return [
    apiRoute(api, {
      method: 'get',
      path: '/detector/snapshot',
      query: query.pick({ module: true }),
      handle: ({ query: { module } }) => {
        const snapshot = snapshotOf(api, module)
        if (snapshot) return snapshot
        throw new ApiError(500, `Failed to get detector snapshot: no powers of module ${module} yet`)
      },
    }),
    apiRoute(api, {
      method: 'get',
      path: '/detector/wavelength',
      query,
      handle: ({ query: { module, channel } }) => {
        const { wavelengthNm } = api.detector(module, channel)
        return { module, channel, wavelength_nm: wavelengthNm, frequency_thz: NM_THZ / wavelengthNm }
      },
    }),
    apiRoute(api, {
      method: 'post',
      path: '/detector/wavelength',
      query: query.extend({ wavelength_nm: number(1240, 1680) }),
      handle: async ({ query: { module, channel, wavelength_nm } }, caller) => {
        const wanted = { module, channel, wavelengthNm: wavelength_nm }
        const { wavelengthNm } = await api.act('ctp.setDetector', wanted, caller)
        return { success: true, module, channel, wavelength_nm: wavelengthNm }
      },
    }),
    apiRoute(api, {
      method: 'get',
      path: '/detector/config',
      query,
      handle: ({ query: { module, channel } }) => {
        const { powerUnit, spectralUnit, wavelengthNm } = api.detector(module, channel)
        return {
          module,
          channel,
          power_unit: powerUnit,
          spectral_unit: spectralUnit === 'nm' ? 'NM' : spectralUnit,
          resolution_pm: api.state.sweepSettings?.samplingPm ?? null,
          wavelength_nm: wavelengthNm,
        }
      },
    }),
    apiRoute(api, {
      method: 'post',
      path: '/detector/config',
      query,
      body: z.object({
        power_unit: powerUnits.nullish(),
        spectral_unit: spectralUnits.nullish(),
        resolution_pm: z.number().min(0.02).max(250).nullish(),
      }),
      handle: async ({ query: { module, channel }, body }, caller) => {
        const { power_unit, spectral_unit, resolution_pm } = body
        const wanted = { powerUnit: power_unit ?? undefined, spectralUnit: spectral_unit ?? undefined }
        if (wanted.powerUnit ?? wanted.spectralUnit) {
          await api.act('ctp.setDetector', { module, channel, ...wanted }, caller)
        }
        // That API sets the resolution, which is the whole instrument's, here.
        if (resolution_pm != null) await api.act('ctp.setSweep', { samplingPm: resolution_pm }, caller)
        return { success: true, message: `Detector ${module}/${channel} configured successfully` }
      },
    }),
    apiRoute(api, {
      method: 'get',
      path: '/detector/stabilization',
      handle: () => {
        const { keepOn, seconds } = api.ctp10.stabilisation
        return { output: keepOn, duration_seconds: seconds }
      },
    }),
    apiRoute(api, {
      method: 'post',
      path: '/detector/stabilization',
      body: z.object({ output: z.boolean(), duration_seconds: z.number().min(0).max(60) }),
      handle: async ({ body: { output, duration_seconds } }, caller) => {
        const stabilisation = { keepOn: output, seconds: duration_seconds }
        await api.act('ctp.setSweep', { stabilisation }, caller)
        return { success: true, output, duration_seconds }
      },
    }),
    apiRoute(api, {
      method: 'post',
      path: '/detector/reference',
      query: query.extend({ wait: yesOrNo }),
      handle: async ({ query: { wait, ...at } }, caller) => {
        const { module, channel } = at
        await api.actEmitting('ctp.takeReference', at, caller)
        if (!wait) {
          const message = `Reference creation initiated for detector ${module}/${channel}`
          return { success: true, message, is_complete: false }
        }
        const underWay = () => ['running', 'aborting'].includes(api.ctp10.referencing?.phase ?? '')
        if (!(await api.until(() => !underWay(), REFERENCE_MS, caller))) {
          throw new ApiError(504, `Referencing timeout after ${REFERENCE_MS / 1000}s`)
        }
        const { phase, message: why } = api.ctp10.referencing ?? {}
        if (phase !== 'done') {
          throw new ApiError(500, `Reference creation failed: ${why ?? phase ?? 'it has not begun'}`)
        }
        const taken = result(at)
        const type_description = taken.type === 1 ? 'TF/PDL (4 sweeps)' : 'TF (1 sweep)'
        return {
          success: true,
          message: `Reference created successfully for detector ${module}/${channel}`,
          is_complete: true,
          result: { ...taken, type_description },
        }
      },
    }),
    apiRoute(api, {
      method: 'get',
      path: '/detector/reference/result',
      query,
      handle: ({ query: at }) => ({ ...at, ...result(at) }),
    }),
  ]
}

/** `trace_type` of a query beside `module` and `channel`. */
export const traceQuery = (api: Ctp10Api) =>
  place(api).extend({
    trace_type: whole(1, 23)
      .optional()
      .transform((type) => type ?? 1),
  })
