import { z } from 'zod'
import type { TlsWanted } from '../../shared/instrument/ctp10.ts'
import type { Caller } from '../device/device.ts'
import type { Route } from '../server/route.ts'
import type { Ctp10Api } from './api.ts'
import { apiRoute, number, whole } from './api-route.ts'

const params = z.object({ channel: whole(1, 4) })
const nm = z.number().min(1260).max(1640).nullish()

const config = z.object({
  start_wavelength_nm: nm,
  stop_wavelength_nm: nm,
  sweep_speed_nmps: z.number().int().min(5).max(200).nullish(),
  laser_power_dbm: z.number().min(-10).max(10).nullish(),
  trigin: z.number().int().min(0).max(8).nullish(),
  identifier: z.number().int().min(1).max(2).nullish(),
})

/** `/tls/{1-4}`. */
export function tlsRoutes(api: Ctp10Api): Route[] {
  const set = async (channel: number, wanted: Omit<TlsWanted, 'tls'>, caller: Caller) => {
    await api.act('ctp.setSweep', { tls: [{ tls: channel, ...wanted }] }, caller)
    return api.tls(channel)
  }
  return [
    apiRoute(api, {
      method: 'get',
      path: '/tls/:channel/config',
      params,
      handle: ({ params: { channel } }) => {
        const { startNm, stopNm, speedNmPerS, powerDbm, trigger, identifier } = api.tls(channel)
        return {
          channel,
          start_wavelength_nm: startNm,
          stop_wavelength_nm: stopNm,
          sweep_speed_nmps: speedNmPerS,
          laser_power_dbm: powerDbm,
          trigin: trigger,
          identifier,
        }
      },
    }),
    apiRoute(api, {
      method: 'post',
      path: '/tls/:channel/config',
      params,
      body: config,
      handle: async ({ params: { channel }, body }, caller) => {
        await set(channel, wantedOf(body), caller)
        const given = Object.entries(body).filter(([, value]) => value != null)
        const message = `TLS channel ${channel} configured successfully`
        return { success: true, message, config: Object.fromEntries(given) }
      },
    }),
    apiRoute(api, {
      method: 'get',
      path: '/tls/:channel/wavelength',
      params,
      handle: ({ params: { channel } }) => {
        const { startNm, stopNm } = api.tls(channel)
        return { channel, start_wavelength_nm: startNm, stop_wavelength_nm: stopNm }
      },
    }),
    apiRoute(api, {
      method: 'post',
      path: '/tls/:channel/wavelength',
      params,
      query: z.object({ start_nm: number(1260, 1640), stop_nm: number(1260, 1640) }),
      handle: async ({ params: { channel }, query }, caller) => {
        const wanted = { startNm: query.start_nm, stopNm: query.stop_nm }
        const { startNm, stopNm } = await set(channel, wanted, caller)
        const message = `Wavelength range set for TLS ${channel}`
        return { success: true, message, start_wavelength_nm: startNm, stop_wavelength_nm: stopNm }
      },
    }),
    apiRoute(api, {
      method: 'get',
      path: '/tls/:channel/power',
      params,
      handle: ({ params: { channel } }) => ({ channel, laser_power_dbm: api.tls(channel).powerDbm }),
    }),
    apiRoute(api, {
      method: 'post',
      path: '/tls/:channel/power',
      params,
      query: z.object({ power_dbm: number(-10, 10) }),
      handle: async ({ params: { channel }, query }, caller) => {
        const { powerDbm } = await set(channel, { powerDbm: query.power_dbm }, caller)
        return { success: true, message: `Power set for TLS ${channel}`, laser_power_dbm: powerDbm }
      },
    }),
    apiRoute(api, {
      method: 'get',
      path: '/tls/:channel/speed',
      params,
      handle: ({ params: { channel } }) => ({ channel, sweep_speed_nmps: api.tls(channel).speedNmPerS }),
    }),
    apiRoute(api, {
      method: 'post',
      path: '/tls/:channel/speed',
      params,
      query: z.object({ speed_nmps: whole(5, 200) }),
      handle: async ({ params: { channel }, query }, caller) => {
        const { speedNmPerS } = await set(channel, { speedNmPerS: query.speed_nmps }, caller)
        return { success: true, message: `Speed set for TLS ${channel}`, sweep_speed_nmps: speedNmPerS }
      },
    }),
    apiRoute(api, {
      method: 'get',
      path: '/tls/:channel/trigger',
      params,
      handle: ({ params: { channel } }) => {
        const { trigger } = api.tls(channel)
        const description = trigger === 0 ? 'Software trigger' : `TRIG IN port ${trigger}`
        return { channel, trigin: trigger, description }
      },
    }),
    apiRoute(api, {
      method: 'post',
      path: '/tls/:channel/trigger',
      params,
      query: z.object({ trigin: whole(0, 8) }),
      handle: async ({ params: { channel }, query }, caller) => {
        const { trigger } = await set(channel, { trigger: query.trigin }, caller)
        return { success: true, message: `Trigger set for TLS ${channel}`, trigin: trigger }
      },
    }),
  ]
}

function wantedOf(body: z.output<typeof config>): Omit<TlsWanted, 'tls'> {
  return {
    identifier: body.identifier ?? undefined,
    startNm: body.start_wavelength_nm ?? undefined,
    stopNm: body.stop_wavelength_nm ?? undefined,
    speedNmPerS: body.sweep_speed_nmps ?? undefined,
    powerDbm: body.laser_power_dbm ?? undefined,
    trigger: body.trigin ?? undefined,
  }
}
