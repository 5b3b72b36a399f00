import { parentPort } from 'node:worker_threads'
import type { Sighting } from '../../../device/sight.ts'
import { Eye } from './eye.ts'
import type { FromEye, ToEye } from './jobs.ts'
import { Measuring } from './measure.ts'
import { lookAt } from './picture.ts'

const eye = new Eye()
const measuring = new Measuring()

function say(message: FromEye, transfer: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer)
}

async function take(message: ToEye): Promise<void> {
  if (message.type === 'measure') {
    const { request, measure } = message
    measuring.take(measure, (measured) => say({ type: 'measured', request, measured }))
    return
  }
  let failed: string | undefined
  try {
    if (message.type === 'detectors') await eye.use(message.detectors, message.model)
    else await look(message)
  } catch (error) {
    failed = error instanceof Error ? error.message : String(error)
  }
  if (message.type === 'detectors' || failed !== undefined) say({ type: 'failed', message: failed })
}

async function look({
  i420,
  width,
  height,
  madeAt,
  number,
  exposureMs,
}: Extract<ToEye, { type: 'frame' }>): Promise<void> {
  const begun = performance.now()
  const picture = lookAt(i420, width, height)
  let seen: Sighting | undefined
  try {
    // Whoever measures needs every picture: detectors that take longer than one picture lasts would cost some.
    const measures = measuring.waits
    measuring.see(picture, madeAt - (exposureMs ?? 0), madeAt)
    if (!measures) seen = { ...(await eye.look(picture, number, madeAt)), exposureMs }
  } finally {
    // The buffer goes back whatever happens: without it nothing more is looked at.
    say({ type: 'seen', seen, i420, costMs: performance.now() - begun }, [i420.buffer])
  }
}

// One after the other: a model's work is not over when the call is.
let last: Promise<void> = Promise.resolve()
parentPort?.on('message', (message: ToEye) => {
  last = last.then(() => take(message))
})
