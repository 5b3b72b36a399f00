import type { CommandTree } from '../../bridge/instrument/scpi/message.ts'
import type { Outcome } from './answer.ts'
import { decimal, single, take } from './parameters.ts'

/** What a test makes go wrong. Each fault is armed once, and gone with the query or block that met it. */
export class Faults {
  drop = false
  silent = false
  /** Seconds of the wall's clock. */
  late = 0
  block: 'half' | 'length' | undefined
  /** Bytes a second on the line; 0 is no limit. */
  rate: number

  constructor(rate: number) {
    this.rate = rate
  }

  takeQuery(): { drop: boolean; silent: boolean; late: number } {
    const { drop, silent, late } = this
    Object.assign(this, { drop: false, silent: false, late: 0 })
    return { drop, silent, late }
  }

  takeBlock(): 'half' | 'length' | undefined {
    const { block } = this
    this.block = undefined
    return block
  }
}

/** `:SIMulator`: only here, no instrument has it. */
export function addFaultCommands(tree: CommandTree<Outcome>, faults: Faults): void {
  const armed =
    (change: Partial<Faults>) =>
    ({ parameters }: { parameters: string[] }): undefined => {
      take(parameters, 0)
      Object.assign(faults, change)
    }
  tree
    .add(':SIMulator:FAULt:DROP', armed({ drop: true }))
    .add(':SIMulator:FAULt:SILent', armed({ silent: true }))
    .add(':SIMulator:FAULt:HALF', armed({ block: 'half' }))
    .add(':SIMulator:FAULt:LENGth', armed({ block: 'length' }))
    .add(':SIMulator:FAULt:LATE', ({ parameters }) => {
      faults.late = decimal(single(parameters), 0, 3600, 's')
    })
    .add(':SIMulator:RATE', ({ parameters }) => {
      faults.rate = decimal(single(parameters), 0, 1e12)
    })
    .add(':SIMulator:RATE?', () => String(faults.rate))
}
