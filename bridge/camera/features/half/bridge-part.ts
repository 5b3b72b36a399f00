import type { DriverContext } from '../../../device/device.ts'
import type { Publication, RtpTarget } from '../../../device/publisher.ts'
import type { BridgePart } from '../../frame/part.ts'
import type { CameraAbout } from '../../frame/protocol.ts'

export interface HalfProtocol {
  to: { target: RtpTarget } | { watched: boolean }
  from: never
}

/** A picture smaller than this is not worth halving: it fits any link that carries video. */
const LEAST_WIDTH = 480

/** Whether a camera of this size is offered in half quality too: video is made of 2x2 blocks at half size as well. */
export function canBeHalved({ width, height }: { width: number; height: number }): boolean {
  return width >= LEAST_WIDTH && width % 4 === 0 && height % 4 === 0
}

/** The camera in half quality for links that cannot carry all of it; encoded only while somebody watches that. */
export class HalfBridgePart implements BridgePart<HalfProtocol['to'], HalfProtocol['from']> {
  readonly commands = {}
  readonly #context: Pick<DriverContext<'camera'>, 'id' | 'publisher'>
  #publication: Publication | undefined

  constructor(context: Pick<DriverContext<'camera'>, 'id' | 'publisher'>) {
    this.#context = context
  }

  began(send: (message: HalfProtocol['to']) => void, about: CameraAbout): void {
    if (!canBeHalved(about) || about.encoder.codec !== 'h264') return
    const { id, publisher } = this.#context
    const sending = {
      target: (target: unknown) => send({ target: target as RtpTarget }),
      watched: (watched: boolean) => send({ watched }),
    }
    this.#publication = publisher.publish(id, 'h264', sending, 'half')
  }

  heard(): void {}

  gone(): void {
    this.#publication?.close()
    this.#publication = undefined
  }

  [Symbol.dispose](): void {
    this.gone()
  }
}
