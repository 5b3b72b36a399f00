/** A browser's word that it has handled a packet of a stream. */
export interface StreamAck {
  stream: string
  seq: number
}

/** The acknowledgement that a browser sent; undefined when it is none, which asks for no answer. */
export function readStreamAck(sent: unknown): StreamAck | undefined {
  if (typeof sent !== 'object' || sent === null) return undefined
  const { stream, seq } = sent as { stream?: unknown; seq?: unknown }
  return typeof stream === 'string' && typeof seq === 'number' ? { stream, seq } : undefined
}
