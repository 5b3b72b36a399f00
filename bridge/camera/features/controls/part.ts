import { NotAccepted } from '../../frame/capture.ts'
import type { Part, PartContext } from '../../frame/part.ts'
import type { ControlAnswer, ControlAsk, ControlsProtocol } from './bridge-part.ts'

/** Answers what is asked of the camera itself. */
export class ControlsPart implements Part<ControlsProtocol['to']> {
  readonly #context: PartContext<ControlsProtocol['from']>

  constructor(context: PartContext<ControlsProtocol['from']>) {
    this.#context = context
  }

  heard({ request, ask }: ControlsProtocol['to']): void {
    this.#do(request, ask)
      .catch((error: unknown): ControlAnswer => {
        const reason = error instanceof Error ? error.message : String(error)
        return error instanceof NotAccepted ? { request, invalid: reason } : { request, refused: reason }
      })
      .then((answer) => this.#context.send(answer))
      .catch((error: unknown) => this.#context.fail(error))
  }

  async #do(request: number, ask: ControlAsk): Promise<ControlAnswer> {
    const { capture } = this.#context
    if (ask.do === 'trigger') {
      if (!capture.trigger) return { request, lacks: 'trigger' }
      await capture.trigger()
      return { request, nodes: [] }
    }
    if (!capture.nodes) return { request, lacks: 'features' }
    if (ask.do === 'list') return { request, nodes: await capture.nodes.list() }
    return { request, nodes: [await capture.nodes.set(ask.name, ask.value)] }
  }
}
