import { decodeSamples, type SamplePacket } from '../../shared/wire/streams.ts'
import { call } from './call.ts'
import { socket } from './socket.ts'

const RETRY_MS = 1000
/** Where a packet's number lies, for one that does not decode: it is acknowledged all the same, or the stream ends. */
const SEQ_OFFSET = 4

type OnPacket = (packet: SamplePacket) => void

/** A stream that is open, until `close`. */
export interface OpenStream {
  close(): void
}

interface Reader {
  window: number
  onPacket: OnPacket
  retry: ReturnType<typeof setTimeout> | undefined
}

const readers = new Map<string, Reader>()

function seqOf(bytes: ArrayBuffer | Uint8Array): number | undefined {
  const view = ArrayBuffer.isView(bytes)
    ? new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new DataView(bytes)
  return view.byteLength >= SEQ_OFFSET + 4 ? view.getUint32(SEQ_OFFSET, true) : undefined
}

async function ask(name: string, reader: Reader): Promise<void> {
  clearTimeout(reader.retry)
  if (!socket.connected || readers.get(name) !== reader) return
  try {
    await call('stream.open', { stream: name, window: reader.window })
  } catch {
    // A device that is not open yet has no stream yet; its panel says so.
    if (readers.get(name) === reader) reader.retry = setTimeout(() => void ask(name, reader), RETRY_MS)
  }
}

socket.on('connect', () => readers.forEach((reader, name) => void ask(name, reader)))
socket.on('stream', (name, bytes) => {
  const reader = readers.get(name)
  if (!reader) return
  try {
    reader.onPacket(decodeSamples(bytes))
  } finally {
    const seq = seqOf(bytes)
    if (seq !== undefined) socket.emit('stream.ack', { stream: name, seq })
  }
})

/** Receives a stream's packets, over every reconnection, acknowledging each after `onPacket` returned or threw. */
export function openStream(name: string, window: number, onPacket: OnPacket): OpenStream {
  if (readers.has(name)) throw new Error(`the stream ${name} is open already on this page`)
  const reader: Reader = { window, onPacket, retry: undefined }
  readers.set(name, reader)
  void ask(name, reader)
  return {
    close() {
      if (readers.get(name) !== reader) return
      clearTimeout(reader.retry)
      readers.delete(name)
      if (socket.connected) void call('stream.close', { stream: name }).catch(() => undefined)
    },
  }
}
