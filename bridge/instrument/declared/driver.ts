import { BenchError } from '../../../shared/wire/errors.ts'
import { defineDriver } from '../../device/device.ts'
import { Line } from '../scpi/line.ts'
import { Session } from '../scpi/session.ts'
import { openResource } from '../../transport/resource.ts'
import { declaredConfig } from './config.ts'
import { entriesOf } from './entries.ts'
import { lightOf } from './dark.ts'
import { headersOf } from './headers.ts'
import { DeclaredInstrument } from './instrument.ts'

/** Any SCPI instrument, from its declaration: one of instruments/, or what stands in bench.yaml. */
export default defineDriver({
  kind: 'instrument.scpi',
  family: 'instrument',
  config: declaredConfig,
  async open({ resource, wire, declaration }, context) {
    const entries = entriesOf(declaration)
    let opened: DeclaredInstrument | undefined
    const mayLight = lightOf(entries)
    const light = mayLight && {
      mayCome: mayLight,
      comes: () => {
        if (!opened) throw new BenchError('device.faulted', `${context.id} is just being opened`)
        opened.lightComes()
      },
    }
    const session = await Session.open({
      device: context.id,
      open: openResource(resource, wire),
      signal: context.signal,
      lost: (error) => {
        context.guard.ending(error.message)
        context.fault(error)
      },
      line: Line.of(context.state),
      dialect: { headers: headersOf(entries), errorQueue: entries.errors === 'queue', light },
    })
    try {
      opened = await DeclaredInstrument.open({ session, resource, wire, entries, mayLight }, context)
      return opened
    } catch (error) {
      session[Symbol.dispose]()
      throw error
    }
  },
})
