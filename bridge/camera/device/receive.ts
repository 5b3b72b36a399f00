import { BenchError } from '../../../shared/wire/errors.ts'
import type { Device, DriverContext, Handlers } from '../../device/device.ts'
import type { Inlet, RtpInlet, WhipInlet } from '../../device/publisher.ts'
import { Pointers } from './pointers.ts'
import { PushedProcess } from './pushed-process.ts'

type Way = Omit<WhipInlet, 'onPusher'> | Omit<RtpInlet, 'onPusher'>

/**
 * A camera whose picture others push in. Where to, and who does, goes into the context's topic; while somebody does, it is
 * recorded and measured like any other. Rejects with `config.invalid` when its port is taken.
 */
export async function receiveCamera(
  way: Way,
  pixelSizeUm: number | undefined,
  context: DriverContext<'camera'>,
): Promise<Device> {
  const { id, log, publisher, state } = context
  const process = new PushedProcess(context)
  const { parts } = process
  let at = ''
  const onPusher: Inlet['onPusher'] = (by) => {
    log.info(by ? `${by.name} (${by.address}) publishes ${by.codec}` : 'nobody publishes any more')
    state.put({ inlet: { way: way.way, at, ...(by ? { by } : {}) } })
    if (by) process.begin(by.codec)
    else process.end()
  }
  const open = await publisher.receive?.(id, { ...way, onPusher })
  if (!open) throw new BenchError('media.unavailable', `${id}: there is no SFU to push to`, { device: id })
  at = open.at
  state.put({ pixelSizeUm, inlet: { way: way.way, at } })
  const pointers = new Pointers(state)
  // Nothing can be turned on it from here: there is no camera.set, and no feature of its own.
  const commands: Handlers = {
    'camera.point': pointers.point,
    ...parts.still.commands,
    ...parts.record.commands,
    ...parts.vision.commands,
  }
  return {
    commands,
    jpegs: (listener) => parts.jpeg.listen(listener),
    frames: (request, window, sink) => parts.frames.open(request, window, sink),
    still: (format, by) => parts.still.pass(format, by),
    sight: parts.vision,
    load: () => parts.timing.newest,
    // A camera neither moves nor emits: there is nothing to prove.
    stop: () => Promise.resolve('proven'),
    async [Symbol.asyncDispose]() {
      open[Symbol.dispose]()
      pointers[Symbol.dispose]()
      await process[Symbol.asyncDispose]()
      state.put({ inlet: undefined })
    },
  }
}
