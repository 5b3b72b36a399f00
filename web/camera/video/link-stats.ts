/** What the browser counts about one picture on its way, in all since it joined. */
export interface LinkStats {
  at: number
  bytes: number
  packetsReceived: number
  packetsLost: number
  framesDropped: number
  freezes: number
  /** The time all frames together spent in the decoder, in s, and how many they were. */
  decodedS: number
  decoded: number
  /** To the SFU and back, in s; undefined before it has been measured. */
  roundTripS: number | undefined
  /** The time all frames together spent in the jitter buffer, in s, and how many they were. */
  bufferedS: number
  buffered: number
  /** How the packets come, e.g. `udp, host`. */
  path: string | undefined
}

/** What came between two readings. */
export interface LinkRates {
  kbps: number
  /** Of the packets that were sent in between. */
  lossPercent: number
  jitterBufferMs: number | undefined
  decodeMs: number | undefined
  /** One way. */
  networkMs: number | undefined
  /** In all since it joined. */
  packetsLost: number
  framesDropped: number
  freezes: number
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
  const roundTrip = pair?.['currentRoundTripTime']
  const path = [remote?.['protocol'], remote?.['candidateType']].filter((part) => typeof part === 'string')
  return {
    at: number(inbound, 'timestamp'),
    bytes: number(inbound, 'bytesReceived'),
    packetsReceived: number(inbound, 'packetsReceived'),
    packetsLost: number(inbound, 'packetsLost'),
    framesDropped: number(inbound, 'framesDropped'),
    freezes: number(inbound, 'freezeCount'),
    decodedS: number(inbound, 'totalDecodeTime'),
    decoded: number(inbound, 'framesDecoded'),
    roundTripS: typeof roundTrip === 'number' ? roundTrip : undefined,
    bufferedS: number(inbound, 'jitterBufferDelay'),
    buffered: number(inbound, 'jitterBufferEmittedCount'),
    path: path.length > 0 ? path.join(', ') : undefined,
  }
}

/** Rates from two readings. */
export function linkRates(before: LinkStats, now: LinkStats): LinkRates {
  const ms = now.at - before.at
  const lost = Math.max(0, now.packetsLost - before.packetsLost)
  const sent = lost + now.packetsReceived - before.packetsReceived
  return {
    kbps: ms > 0 ? ((now.bytes - before.bytes) * 8) / ms : 0,
    lossPercent: sent > 0 ? (lost / sent) * 100 : 0,
    jitterBufferMs: meanMs(now.bufferedS - before.bufferedS, now.buffered - before.buffered),
    decodeMs: meanMs(now.decodedS - before.decodedS, now.decoded - before.decoded),
    networkMs: now.roundTripS === undefined ? undefined : (now.roundTripS * 1000) / 2,
    packetsLost: Math.max(0, now.packetsLost),
    framesDropped: now.framesDropped,
    freezes: now.freezes,
    path: now.path,
  }
}

function meanMs(seconds: number, frames: number): number | undefined {
  return frames > 0 ? Math.max(0, (seconds / frames) * 1000) : undefined
}
