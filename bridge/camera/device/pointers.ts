import type { CameraState } from '../../../shared/camera/camera.ts'
import { publicRefOf } from '../../core/client-ref.ts'
import type { Handler } from '../../device/device.ts'
import type { Topic } from '../../core/topic.ts'

/** A pointer that does not move is taken away: whoever showed something has shown it. */
const SHOWN_MS = 4000

/** What people point at on a camera's picture, for all who watch. */
export class Pointers implements Disposable {
  readonly #state: Topic<CameraState>
  readonly #taking = new Map<string, NodeJS.Timeout>()

  constructor(state: Topic<CameraState>) {
    this.#state = state
  }

  /** `camera.point`. */
  point: Handler<'camera.point'> = ({ at }, { client: id, name, signal }) => {
    const client = publicRefOf(id)
    if (!at || signal.aborted) this.#take(client)
    else {
      if (!this.#taking.has(client))
        signal.addEventListener('abort', () => this.#take(client), { once: true })
      clearTimeout(this.#taking.get(client))
      this.#taking.set(
        client,
        setTimeout(() => this.#take(client), SHOWN_MS),
      )
      this.#state.merge({ pointers: { [client]: { name, ...at } } })
    }
    return Promise.resolve({})
  }

  #take(client: string): void {
    clearTimeout(this.#taking.get(client))
    if (this.#taking.delete(client)) this.#state.merge({ pointers: { [client]: null } })
  }

  [Symbol.dispose](): void {
    for (const client of [...this.#taking.keys()]) this.#take(client)
  }
}
