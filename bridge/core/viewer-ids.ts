import { randomUUID } from 'node:crypto'
import type { Caller } from '../device/device.ts'
import { type Owner, ownerOf, owns } from './owner.ts'

/** The two names of one who watches. */
export interface ViewerId {
  /** Opens what the viewer may do. Only the page that watches has it. */
  id: string
  /** What all who follow the camera's topic see. It opens nothing. */
  shown: string
}

/** Who watches, and whose page each is: of every way to watch on a connection that stays. */
export class ViewerIds {
  readonly #all = new Map<string, { shown: string; owner: Owner }>()

  /** Names a viewer of the caller's, until it is removed. */
  add(caller: Caller): ViewerId {
    const id = randomUUID()
    const shown = randomUUID()
    this.#all.set(id, { shown, owner: ownerOf(caller) })
    return { id, shown }
  }

  /** The public name of a viewer; undefined for one that there is not, and for somebody else's. */
  shownOf(id: string, caller: Owner): string | undefined {
    const found = this.#all.get(id)
    return found && owns(found.owner, caller) ? found.shown : undefined
  }

  remove(id: string): void {
    this.#all.delete(id)
  }
}
