import type { CameraNode } from '../../../../shared/camera/camera-features.ts'
import { BenchError } from '../../../../shared/wire/errors.ts'
import { withDeadline } from '../../../core/deadline.ts'
import type { DriverContext, Handlers } from '../../../device/device.ts'
import type { BridgePart } from '../../frame/part.ts'

/** What is asked of the camera itself. */
export type ControlAsk =
  { do: 'list' } | { do: 'set'; name: string; value: CameraNode['value'] } | { do: 'trigger' }

type Lacking = 'features' | 'trigger'
export type ControlAnswer =
  | { request: number; nodes: CameraNode[] }
  | { request: number; refused: string }
  | { request: number; invalid: string }
  | { request: number; lacks: Lacking }

export interface ControlsProtocol {
  to: { request: number; ask: ControlAsk }
  from: ControlAnswer
}

/** A camera on a slow network has hundreds of features, each asked for alone. */
const ANSWER_MS = 30_000
const MOST_WAITING = 16

/** A camera's features by its own names, and its software trigger. */
export class ControlsBridgePart implements BridgePart<ControlsProtocol['to'], ControlsProtocol['from']> {
  readonly commands: Handlers = {
    'camera.features': async (_input, { signal }) => this.#ask({ do: 'list' }, signal),
    'camera.feature.set': async ({ name, value }, { signal }) => {
      const [node] = await this.#ask({ do: 'set', name, value }, signal)
      return node!
    },
    'camera.trigger': async (_input, { signal }) => {
      await this.#ask({ do: 'trigger' }, signal)
      return {}
    },
  }
  readonly #context: DriverContext<'camera'>
  readonly #waiting = new Map<number, PromiseWithResolvers<CameraNode[]>>()
  #send: ((message: ControlsProtocol['to']) => void) | undefined
  #last = 0

  constructor(context: DriverContext<'camera'>) {
    this.#context = context
  }

  began(send: (message: ControlsProtocol['to']) => void): void {
    this.#send = send
  }

  heard(answer: ControlAnswer): void {
    const waiting = this.#waiting.get(answer.request)
    if ('nodes' in answer) waiting?.resolve(answer.nodes)
    else if ('lacks' in answer) waiting?.reject(this.#lacking(answer.lacks))
    else if ('invalid' in answer) waiting?.reject(this.#error('input.invalid', answer.invalid))
    else waiting?.reject(this.#error('camera.failed', `refused that: ${answer.refused}`))
  }

  gone(): void {
    this.#send = undefined
    for (const waiting of this.#waiting.values()) {
      waiting.reject(this.#error('device.busy', 'is starting again: ask in a moment'))
    }
  }

  async #ask(ask: ControlAsk, signal: AbortSignal): Promise<CameraNode[]> {
    const { id: device } = this.#context
    if (!this.#send) throw this.#error('device.busy', 'is starting again: ask in a moment')
    if (this.#waiting.size >= MOST_WAITING) {
      throw this.#error('device.busy', `has ${MOST_WAITING} questions to answer: ask in a moment`)
    }
    const request = ++this.#last
    const waiting = Promise.withResolvers<CameraNode[]>()
    this.#waiting.set(request, waiting)
    this.#send({ request, ask })
    try {
      return await withDeadline(waiting.promise, ANSWER_MS, `asking ${device}`, { device, signal })
    } finally {
      this.#waiting.delete(request)
    }
  }

  #lacking(what: Lacking): BenchError {
    return this.#error(
      'device.unsupported',
      what === 'features' ? 'has no features of its own naming' : 'has no software trigger',
    )
  }

  #error(
    code: 'camera.failed' | 'device.busy' | 'input.invalid' | 'device.unsupported',
    says: string,
  ): BenchError {
    const { id: device } = this.#context
    return new BenchError(code, `${device} ${says}`, { device })
  }

  [Symbol.dispose](): void {
    this.gone()
  }
}
