/** What the browser counts about one picture on its way, in all since it joined. */
export interface LinkStats {
  at: number
  bytes: number
  packetsLost: number
  framesDropped: number
  /** The time all frames together spent in the jitter buffer, in s, and how many they were. */
  bufferedS: number
  buffered: number
  /** How the packets come, e.g. `udp, host`. */
  path: string | undefined
}

/** What came between two readings. */
export interface LinkRates {
  kbps: number
  jitterBufferMs: number | undefined
  packetsLost: number
  framesDropped: number
  path: string | undefined
}

type Entry = Record<string, unknown>

function number(entry: Entry | undefined, key: string): number {
  const value = entry?.[key]
  return typeof value === 'number' ? value : 0
}

/** The one reading that matters out of what `getStats` tells about a receiver. */
export function readLinkStats(report: Iterable<[string, Entry]>): LinkStats | undefined {
  const entries = new Map(report)
  const all = [...entries.values()]
  const inbound = all.find((entry) => entry['type'] === 'inbound-rtp' && entry['kind'] === 'video')
  if (!inbound) return undefined
  const transport = entries.get(inbound['transportId'] as string)
  const pair =
    entries.get(transport?.['selectedCandidatePairId'] as string) ??
    all.find((entry) => entry['type'] === 'candidate-pair' && entry['nominated'] === true)
  const remote = entries.get(pair?.['remoteCandidateId'] as string)
  const path = [remote?.['protocol'], remote?.['candidateType']].filter((part) => typeof part === 'string')
  return {
    at: number(inbound, 'timestamp'),
    bytes: number(inbound, 'bytesReceived'),
    packetsLost: number(inbound, 'packetsLost'),
    framesDropped: number(inbound, 'framesDropped'),
    bufferedS: number(inbound, 'jitterBufferDelay'),
    buffered: number(inbound, 'jitterBufferEmittedCount'),
    path: path.length > 0 ? path.join(', ') : undefined,
  }
}

/** Rates from two readings. */
export function linkRates(before: LinkStats, now: LinkStats): LinkRates {
  const ms = now.at - before.at
  const frames = now.buffered - before.buffered
  return {
    kbps: ms > 0 ? ((now.bytes - before.bytes) * 8) / ms : 0,
    jitterBufferMs: frames > 0 ? ((now.bufferedS - before.bufferedS) / frames) * 1000 : undefined,
    packetsLost: now.packetsLost,
    framesDropped: now.framesDropped,
    path: now.path,
  }
}
