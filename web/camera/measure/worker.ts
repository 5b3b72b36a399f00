import { decodeFrameHeader } from '../../../shared/camera/frame-header.ts'
import { analyse, type Asked } from './analysis.ts'
import { decodePicture, type Picture } from './decode.ts'
import type { FromWorker, ToWorker } from './messages.ts'

// Whatever takes long on a frame is done here, so that the page stays quick whatever the size of the frames.
const page = globalThis as unknown as {
  postMessage(message: FromWorker, transfer?: Transferable[]): void
  onmessage: (event: MessageEvent<ToWorker>) => void
}
let asked: Asked = { beam: false }
let picture: Picture | undefined

page.onmessage = ({ data }) => {
  if (data.type === 'ask') {
    asked = data.asked
    measure()
    return
  }
  try {
    show(data)
    measure()
    page.postMessage({ type: 'done' })
  } catch (error) {
    page.postMessage({ type: 'done', problem: error instanceof Error ? error.message : String(error) })
  }
}

function show({ header: head, body }: Extract<ToWorker, { type: 'frame' }>): void {
  const begun = performance.now()
  const header = decodeFrameHeader(head)
  picture = decodePicture(header, body instanceof ArrayBuffer ? new Uint8Array(body) : Uint8Array.from(body))
  const samples = picture.samples.slice()
  const decodeMs = performance.now() - begun
  page.postMessage({ type: 'picture', header, samples, decodeMs }, [samples.buffer])
}

function measure(): void {
  if (!picture) return
  const analysis = analyse(picture, asked)
  const transfer: Transferable[] = [analysis.whole.bins.buffer]
  if (analysis.profile) transfer.push(analysis.profile.values.buffer, analysis.profile.distances.buffer)
  page.postMessage({ type: 'analysis', number: picture.header.number, analysis }, transfer)
}
