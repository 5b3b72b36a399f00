import { z } from 'zod'
import { openResource, resourceName, wireOptions } from '../../transport/resource.ts'
import { defineDriver } from '../../core/device.ts'
import { Session } from '../../scpi/session.ts'
import { Ctp10 } from './ctp10/ctp10.ts'

/** EXFO CTP10 optical component tester over SCPI on a raw socket (CTP10 user guide, remote control). */
export default defineDriver({
  kind: 'instrument.exfo-ctp10',
  family: 'instrument',
  config: z.strictObject({
    resource: resourceName,
    wire: wireOptions,
    module: z.number().int().min(1).max(20).default(4).describe('the slot of the detector module'),
    powersPerSecond: z.number().min(0.1).max(50).default(10).describe('how often the live powers are read'),
  }),
  async open(config, context) {
    const session = await Session.open({
      device: context.id,
      open: openResource(config.resource, config.wire),
      signal: context.signal,
      lost: context.fault,
    })
    try {
      return await Ctp10.open(session, config, context)
    } catch (error) {
      session[Symbol.dispose]()
      throw error
    }
  },
})
