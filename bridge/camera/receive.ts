import { BenchError } from '../../shared/errors.ts'
import type { Device, DriverContext } from '../core/device.ts'
import type { Inlet, RtpInlet, WhipInlet } from '../core/publisher.ts'

type Way = Omit<WhipInlet, 'onPusher'> | Omit<RtpInlet, 'onPusher'>

/**
 * A camera whose picture others push in. Where to, and who does, goes into the context's topic. Rejects with
 * `config.invalid` when its port is taken.
 */
export async function receiveCamera(
  way: Way,
  pixelSizeUm: number | undefined,
  { id, log, publisher, state }: DriverContext<'camera'>,
): Promise<Device> {
  let at = ''
  const onPusher: Inlet['onPusher'] = (by) => {
    log.info(by ? `${by.name} (${by.address}) publishes ${by.codec}` : 'nobody publishes any more')
    state.put({ inlet: { way: way.way, at, ...(by ? { by } : {}) } })
  }
  const open = await publisher.receive?.(id, { ...way, onPusher })
  if (!open) throw new BenchError('media.unavailable', `${id}: there is no SFU to push to`, { device: id })
  at = open.at
  state.put({ pixelSizeUm, inlet: { way: way.way, at } })
  return {
    commands: {},
    // A camera neither moves nor emits.
    stop: () => Promise.resolve(),
    async [Symbol.asyncDispose]() {
      open[Symbol.dispose]()
      state.put({ inlet: undefined })
    },
  }
}
