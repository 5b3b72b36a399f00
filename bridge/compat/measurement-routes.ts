import { z } from 'zod'
import type { Route } from '../server/route.ts'
import type { Ctp10Api } from './api.ts'
import { ApiError } from './api-error.ts'
import { apiRoute, yesOrNo } from './api-route.ts'

/** Longer than any sweep that comes to an end by itself. */
const SWEEP_MS = 600_000
const SCANNING = 1 << 2
const REFERENCING = 1 << 6

/** `/measurement`. */
export function measurementRoutes(api: Ctp10Api): Route[] {
  const underWay = (): boolean => ['running', 'aborting'].includes(api.state.sweep?.phase ?? '')
  const wavelengths = () => {
    const { startNm, stopNm } = api.state.sweepSettings ?? {}
    return { start_wavelength_nm: startNm ?? null, stop_wavelength_nm: stopNm ?? null }
  }
  return [
    apiRoute(api, {
      method: 'post',
      path: '/measurement/sweep/start',
      query: z.object({ wait: yesOrNo }),
      handle: async ({ query: { wait } }, caller) => {
        await api.actEmitting('ctp.runSweep', {}, caller)
        if (!wait) return { success: true, message: 'Sweep initiated', is_complete: false }
        if (!(await api.until(() => !underWay(), SWEEP_MS, caller))) {
          throw new ApiError(504, `Failed to start sweep: no end after ${SWEEP_MS / 1000}s`)
        }
        const { phase, message } = api.state.sweep ?? {}
        if (phase === 'done') return { success: true, message: 'Sweep completed', is_complete: true }
        throw new ApiError(500, `Failed to start sweep: ${message ?? phase ?? 'it has not begun'}`)
      },
    }),
    apiRoute(api, {
      method: 'post',
      path: '/measurement/sweep/abort',
      handle: async (_, caller) => {
        // Ending light needs no lease, so that anybody who may act can end it.
        await api.call('sweep.abort', {}, caller)
        return { success: true, message: 'Sweep aborted' }
      },
    }),
    apiRoute(api, {
      method: 'get',
      path: '/measurement/sweep/status',
      handle: () => {
        const is_sweeping = underWay() || (api.register & SCANNING) !== 0
        return { is_sweeping, is_complete: !is_sweeping, condition_register: api.register }
      },
    }),
    apiRoute(api, {
      method: 'get',
      path: '/measurement/status/referencing',
      handle: () => ({
        is_referencing: (api.register & REFERENCING) !== 0 || api.ctp10.referencing?.phase === 'running',
        condition_register: api.register,
      }),
    }),
    apiRoute(api, { method: 'get', path: '/measurement/sweep/wavelengths', handle: wavelengths }),
    apiRoute(api, {
      method: 'post',
      path: '/measurement/sweep/wavelengths',
      body: z.object({
        start_wavelength_nm: z.number().min(1200).max(1700).nullish(),
        stop_wavelength_nm: z.number().min(1200).max(1700).nullish(),
      }),
      handle: async ({ body }, caller) => {
        const startNm = body.start_wavelength_nm ?? undefined
        const stopNm = body.stop_wavelength_nm ?? undefined
        if (startNm === undefined && stopNm === undefined) {
          throw new ApiError(400, 'Provide at least one of start_wavelength_nm or stop_wavelength_nm')
        }
        await api.act('ctp.setSweep', { startNm, stopNm }, caller)
        return wavelengths()
      },
    }),
  ]
}
