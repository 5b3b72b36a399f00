import { z } from 'zod'
import type { LaserState } from '../../shared/instrument/ctp10.ts'
import type { Caller } from '../device/device.ts'
import type { Route } from '../server/route.ts'
import type { Ctp10Api } from './api.ts'
import { apiRoute, number, whole } from './api-route.ts'

const params = z.object({ laser: whole(1, 10) })

/** `/rlaser/{1-10}`. Switching one on is emission that nothing ends by itself: it needs the pongs of the holder's WebSocket. */
export function rlaserRoutes(api: Ctp10Api): Route[] {
  const idOf = ({ maker, model, serial, firmware }: LaserState): string =>
    [maker, model, serial, firmware].join(',')
  const set = (laser: number, wanted: { powerDbm?: number; wavelengthNm?: number }, caller: Caller) =>
    api.act('ctp.setLaser', { laser, ...wanted }, caller)
  const switchTo = async (laser: number, on: boolean, caller: Caller) => {
    if (!on) return api.act('ctp.laserOff', { laser }, caller)
    await api.takeLease(caller)
    api.requirePongs(caller)
    return api.call('ctp.laserOn', { laser }, caller)
  }
  const switched = (on: boolean): Route =>
    apiRoute(api, {
      method: 'post',
      path: `/rlaser/:laser/${on ? 'on' : 'off'}`,
      params,
      handle: async ({ params: { laser } }, caller) => {
        api.laser(laser)
        const state = await switchTo(laser, on, caller)
        const message = `Laser ${laser} turned ${on ? 'ON' : 'OFF'}`
        return { success: true, message, laser_number: laser, is_on: state.on }
      },
    })
  return [
    apiRoute(api, {
      method: 'get',
      path: '/rlaser/:laser/config',
      params,
      handle: ({ params: { laser } }) => {
        const state = api.laser(laser)
        return {
          laser_number: laser,
          id: idOf(state),
          power_dbm: state.powerDbm,
          wavelength_nm: state.wavelengthNm,
          is_on: state.on,
        }
      },
    }),
    apiRoute(api, {
      method: 'post',
      path: '/rlaser/:laser/config',
      params,
      body: z.object({
        power_dbm: z.number().max(13).nullish(),
        wavelength_nm: z.number().nullish(),
        power_state: z.boolean().nullish(),
      }),
      handle: async ({ params: { laser }, body }, caller) => {
        api.laser(laser)
        const { power_dbm, wavelength_nm, power_state } = body
        // Off before, on after: it never emits what it was not set to.
        if (power_state === false) await switchTo(laser, false, caller)
        if (power_dbm != null) await set(laser, { powerDbm: power_dbm }, caller)
        if (wavelength_nm != null) await set(laser, { wavelengthNm: wavelength_nm }, caller)
        if (power_state) await switchTo(laser, true, caller)
        const given = Object.entries(body).filter(([, value]) => value != null)
        const message = `Reference laser ${laser} configured successfully`
        return { success: true, message, config: Object.fromEntries(given) }
      },
    }),
    apiRoute(api, {
      method: 'get',
      path: '/rlaser/:laser/id',
      params,
      handle: ({ params: { laser } }) => {
        const state = api.laser(laser)
        const { maker, model, serial, firmware } = state
        return { laser_number: laser, id: idOf(state), manufacturer: maker, model, serial, firmware }
      },
    }),
    apiRoute(api, {
      method: 'get',
      path: '/rlaser/:laser/power',
      params,
      handle: ({ params: { laser } }) => ({ laser_number: laser, power_dbm: api.laser(laser).powerDbm }),
    }),
    apiRoute(api, {
      method: 'post',
      path: '/rlaser/:laser/power',
      params,
      query: z.object({ power_dbm: number(-30, 13) }),
      handle: async ({ params: { laser }, query }, caller) => {
        api.laser(laser)
        const { powerDbm } = await set(laser, { powerDbm: query.power_dbm }, caller)
        const message = `Power set to ${powerDbm} dBm for laser ${laser}`
        return { success: true, message, laser_number: laser, power_dbm: powerDbm }
      },
    }),
    apiRoute(api, {
      method: 'get',
      path: '/rlaser/:laser/wavelength',
      params,
      handle: ({ params: { laser } }) => ({
        laser_number: laser,
        wavelength_nm: api.laser(laser).wavelengthNm,
      }),
    }),
    apiRoute(api, {
      method: 'post',
      path: '/rlaser/:laser/wavelength',
      params,
      query: z.object({ wavelength_nm: number(1240, 1680) }),
      handle: async ({ params: { laser }, query }, caller) => {
        api.laser(laser)
        const { wavelengthNm } = await set(laser, { wavelengthNm: query.wavelength_nm }, caller)
        const message = `Wavelength set to ${wavelengthNm} nm for laser ${laser}`
        return { success: true, message, laser_number: laser, wavelength_nm: wavelengthNm }
      },
    }),
    apiRoute(api, {
      method: 'get',
      path: '/rlaser/:laser/state',
      params,
      handle: ({ params: { laser } }) => {
        const { on } = api.laser(laser)
        return { laser_number: laser, is_on: on, state: on ? 1 : 0 }
      },
    }),
    switched(true),
    switched(false),
  ]
}
