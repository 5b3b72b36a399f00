import { CommandTree } from '../../bridge/instrument/scpi/message.ts'
import type { Outcome } from '../ctp10/answer.ts'

/** What a test makes go wrong on the wire itself: armed once, and gone with the reply to the next device_read. */
export type Fault =
  | 'stall' // no reply at all
  | 'xid' // a reply that belongs to no call
  | 'huge' // a record that announces 2 GB
  | 'half' // the connection ends in the middle of the reply
  | 'fragments' // a reply in three fragments, which is correct

export class WireFaults {
  readonly commands = new CommandTree<Outcome>()
  readonly #armed = new Set<Fault>()
  readonly #ready = new Set<Fault>()

  constructor() {
    const arm = (fault: Fault) => (): undefined => {
      this.#armed.add(fault)
    }
    this.commands
      .add(':SIMulator:WIRE:STALl', arm('stall'))
      .add(':SIMulator:WIRE:XID', arm('xid'))
      .add(':SIMulator:WIRE:HUGE', arm('huge'))
      .add(':SIMulator:WIRE:HALF', arm('half'))
      .add(':SIMulator:WIRE:FRAGments', arm('fragments'))
  }

  /** The reply that comes next is a read's. */
  meetRead(): void {
    for (const fault of this.#armed) this.#ready.add(fault)
    this.#armed.clear()
  }

  take(fault: Fault): boolean {
    return this.#ready.delete(fault)
  }
}
