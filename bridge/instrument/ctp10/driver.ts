import { z } from 'zod'
import { openResource, resourceName, wireOptions } from '../../transport/resource.ts'
import { BenchError } from '../../../shared/wire/errors.ts'
import { defineDriver } from '../../device/device.ts'
import { attributed } from '../scpi/asker.ts'
import { Line } from '../scpi/line.ts'
import { Session } from '../scpi/session.ts'
import { Ctp10 } from './ctp10.ts'
import { mayLightCtp10 } from './dark.ts'
import { HEADERS } from './headers.ts'

const slot = z.number().int().min(1).max(20)
const rate = z.number().min(0.1).max(100)

/** EXFO CTP10 optical component tester over SCPI on a raw socket (CTP10 user guide, remote control). */
export default defineDriver({
  kind: 'instrument.exfo-ctp10',
  family: 'instrument',
  config: z
    .strictObject({
      resource: resourceName,
      wire: wireOptions,
      module: slot.default(4).describe('the slot of the detector module'),
      powersPerSecond: rate.default(10).describe('how often its live powers are read'),
      moreModules: z
        .array(z.strictObject({ module: slot, powersPerSecond: rate.default(10) }))
        .default([])
        .describe('further detector modules'),
      lasers: z
        .array(z.number().int().min(1).max(10))
        .optional()
        .describe('the reference lasers that are connected; found out when left out'),
      conditionsPerSecond: z
        .number()
        .min(0.1)
        .max(20)
        .default(10)
        .describe('how often the instrument is asked what it is doing'),
      lasersPerSecond: z
        .number()
        .min(0.1)
        .max(20)
        .default(4)
        .describe(
          'how often the reference lasers are asked whether they emit while they may; a quarter of that while they are dark',
        ),
    })
    .refine(
      ({ module, moreModules }) =>
        new Set([module, ...moreModules.map((more) => more.module)]).size === moreModules.length + 1,
      'a module is named twice: name each slot once',
    ),
  async open(config, context) {
    let opened: Ctp10 | undefined
    const light = {
      mayCome: mayLightCtp10,
      comes: () => {
        if (!opened) throw new BenchError('device.faulted', `${context.id} is just being opened`)
        opened.lightComes()
      },
    }
    const session = await Session.open({
      device: context.id,
      open: openResource(config.resource, config.wire),
      signal: context.signal,
      lost: (error) => {
        context.guard.ending(error.message)
        context.fault(error)
      },
      line: Line.of(context.state),
      dialect: { headers: HEADERS, errorQueue: true, light },
    })
    try {
      const device = await Ctp10.open(session, config, context)
      opened = device
      device.commands = attributed(device.commands)
      return device
    } catch (error) {
      session[Symbol.dispose]()
      throw error
    }
  },
})
