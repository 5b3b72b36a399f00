import type { CommandTree } from '../../bridge/instrument/scpi/message.ts'
import { Wait } from './answer.ts'
import type { Outcome } from './answer.ts'
import type { Instrument } from './instrument.ts'
import { single, whole } from './parameters.ts'

/** The IEEE 488.2 §10 common commands, `:SYSTem` and `:STATus`. */
export function addCommonCommands(tree: CommandTree<Outcome>, instrument: Instrument): void {
  const { status, sweep } = instrument
  tree
    .add('*IDN?', () => 'EXFO,CTP10,SIM000001,1.5.0')
    .add('*CLS', () => {
      status.clear()
    })
    .add('*RST', () => {
      instrument.reset()
    })
    .add('*TST?', () => '0')
    .add('*OPC', () => {
      void sweep.idle.then(() => status.operationComplete())
    })
    .add('*OPC?', () => (sweep.condition === 0 ? '1' : sweep.idle.then(() => '1')))
    .add('*WAI', () => (sweep.condition === 0 ? undefined : new Wait(sweep.idle)))
    .add('*ESR?', () => String(status.takeEvents()))
    .add('*STB?', () => String(status.byte))
    .add('*ESE?', () => String(status.enabledEvents))
    .add('*SRE?', () => String(status.enabledService))
    .add('*ESE', ({ parameters }) => {
      status.enabledEvents = whole(single(parameters), 0, 255)
    })
    .add('*SRE', ({ parameters }) => {
      status.enabledService = whole(single(parameters), 0, 255)
    })
    .add(':SYSTem:ERRor[:NEXT]?', () => status.nextError())
    .add(':SYSTem:ERRor:COUNt?', () => String(status.errorCount))
    .add(':SYSTem:VERSion?', () => '1999.0')
    .add(':STATus:OPERation:CONDition?', () => String(sweep.condition))
}
