import { CommandTree } from '../../bridge/instrument/scpi/message.ts'
import type { Outcome } from '../ctp10/answer.ts'

/** What a test makes go wrong on the wire itself. Each fault is armed once, and gone with the message that met it. */
export type Fault =
  | 'id' // the next response carries the id of the message before
  | 'unknown id' // the next response carries 0xFFFFFFFF, as of a server that cannot tell
  | 'huge' // the next response's header announces far more than there is
  | 'header' // the next response begins with what is no header
  | 'half' // the connection ends in the middle of the next response
  | 'clear' // the next device clear is not acknowledged
  | 'interrupted' // the next Interrupted comes without its AsyncInterrupted

export class WireFaults {
  readonly commands = new CommandTree<Outcome>()
  readonly #armed = new Set<Fault>()

  constructor() {
    const arm = (fault: Fault) => (): undefined => {
      this.#armed.add(fault)
    }
    this.commands
      .add(':SIMulator:WIRE:ID', arm('id'))
      .add(':SIMulator:WIRE:ID:UNKNown', arm('unknown id'))
      .add(':SIMulator:WIRE:HUGE', arm('huge'))
      .add(':SIMulator:WIRE:HEADer', arm('header'))
      .add(':SIMulator:WIRE:HALF', arm('half'))
      .add(':SIMulator:WIRE:CLEar', arm('clear'))
      .add(':SIMulator:WIRE:INTerrupted', arm('interrupted'))
  }

  take(fault: Fault): boolean {
    return this.#armed.delete(fault)
  }
}
