import { box, fullBox, u16, u32, u64 } from './boxes.ts'

/** Ticks a second: RTP's clock for video, so that times go over without being rounded twice. */
export const TICKS_PER_S = 90_000
/** From 1904, where these files count from, to 1970, s. */
const EPOCH_S = 2_082_844_800
const TRACK = 1
const MATRIX = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
/** Profiles whose decoder configuration says the sampling and the depth besides (ISO/IEC 14496-15, section 5.3.3). */
const HIGH_PROFILES = [100, 110, 122, 144]

/** One H.264 track. */
export interface Track {
  width: number
  height: number
  sps: Uint8Array
  pps: Uint8Array
  /** When its first picture was made, ms since the epoch. */
  startedAt: number
  /** Text that the file carries along. */
  comment: string
}

/** One coded picture in a fragment: NAL units, each behind its length in 4 bytes. */
export interface Sample {
  data: Uint8Array
  isKey: boolean
  /** In ticks from the beginning. */
  at: number
  duration: number
}

/** What a file with one track holds, picture by picture, for its index. */
export interface Index {
  sizes: number[]
  durations: number[]
  /** Numbers of the key frames, from 1. */
  keys: number[]
  /** Where each run of pictures that lie behind one another begins, and how many they are. */
  chunks: { at: number; count: number }[]
}

const EMPTY: Index = { sizes: [], durations: [], keys: [], chunks: [] }

/**
 * The beginning of a fragmented file: type, 16 bytes kept for later (see `wrap`), and a movie without pictures, which
 * come in fragments behind it.
 */
export function beginning(track: Track): { bytes: Buffer; keptAt: number } {
  const type = box('ftyp', Buffer.from('isom'), u32(512), Buffer.from('isomiso5iso6avc1mp41'))
  const bytes = Buffer.concat([type, box('free', Buffer.alloc(8)), movie(track, EMPTY, true)])
  return { bytes, keptAt: type.length }
}

/** What the 16 kept bytes become when an index has been written at `end`: all that lies between is then plain data. */
export function wrap(keptAt: number, end: number): Buffer {
  return Buffer.concat([u32(1), Buffer.from('mdat'), u64(end - keptAt)])
}

/** The movie with all its pictures, as every player knows it: what fragments say, said once. */
export function indexOf(track: Track, index: Index): Buffer {
  return movie(track, index, false)
}

/** A fragment: pictures that can be shown as soon as it is there. */
export function fragment(
  sequence: number,
  samples: readonly Sample[],
): { chunks: Uint8Array[]; dataAt: number } {
  const rows = samples.map(({ data, isKey, duration }) =>
    u32(duration, data.length, isKey ? 0x0200_0000 : 0x0101_0000),
  )
  const moof = (offset: number): Buffer =>
    box(
      'moof',
      fullBox('mfhd', 0, 0, u32(sequence)),
      box(
        'traf',
        // Offsets count from this fragment's own beginning.
        fullBox('tfhd', 0, 0x02_0000, u32(TRACK)),
        fullBox('tfdt', 1, 0, u64(samples[0]?.at ?? 0)),
        fullBox('trun', 0, 0x701, u32(samples.length, offset), ...rows),
      ),
    )
  const dataAt = moof(0).length + 8
  const data = samples.map((sample) => sample.data)
  const bytes = data.reduce((sum, part) => sum + part.length, 8)
  return { chunks: [moof(dataAt), u32(bytes), Buffer.from('mdat'), ...data], dataAt }
}

function movie(track: Track, index: Index, isFragmented: boolean): Buffer {
  const created = Math.round(track.startedAt / 1000) + EPOCH_S
  const ticks = index.durations.reduce((sum, duration) => sum + duration, 0)
  const { width, height } = track
  return box(
    'moov',
    fullBox(
      'mvhd',
      1,
      0,
      u64(created, created),
      u32(TICKS_PER_S),
      u64(ticks),
      u32(0x10000, 0x0100_0000, 0, 0),
      MATRIX,
      Buffer.alloc(24),
      u32(TRACK + 1),
    ),
    box(
      'trak',
      fullBox(
        'tkhd',
        1,
        3,
        u64(created, created),
        u32(TRACK, 0),
        u64(ticks),
        Buffer.alloc(16),
        MATRIX,
        u32(width << 16, height << 16),
      ),
      box(
        'mdia',
        fullBox('mdhd', 1, 0, u64(created, created), u32(TICKS_PER_S), u64(ticks), u16(0x55c4, 0)),
        fullBox('hdlr', 0, 0, u32(0), Buffer.from('vide'), Buffer.alloc(12), Buffer.from('video\0')),
        box(
          'minf',
          fullBox('vmhd', 0, 1, Buffer.alloc(8)),
          box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1))),
          tables(track, index),
        ),
      ),
    ),
    ...(isFragmented ? [box('mvex', fullBox('trex', 0, 0, u32(TRACK, 1, 0, 0, 0)))] : []),
    box('udta', metadata(track)),
  )
}

function tables(track: Track, { sizes, durations, keys, chunks }: Index): Buffer {
  const times: number[] = []
  for (const [i, duration] of durations.entries()) {
    if (i > 0 && durations[i - 1] === duration) times[times.length - 2]! += 1
    else times.push(1, duration)
  }
  const runs: number[] = []
  for (const [i, { count }] of chunks.entries()) {
    if (chunks[i - 1]?.count !== count) runs.push(i + 1, count, 1)
  }
  return box(
    'stbl',
    fullBox('stsd', 0, 0, u32(1), sampleEntry(track)),
    fullBox('stts', 0, 0, u32(times.length / 2), u32s(times)),
    ...(keys.length > 0 ? [fullBox('stss', 0, 0, u32(keys.length), u32s(keys))] : []),
    fullBox('stsc', 0, 0, u32(runs.length / 3), u32s(runs)),
    fullBox('stsz', 0, 0, u32(0, sizes.length), u32s(sizes)),
    fullBox('co64', 0, 0, u32(chunks.length), u64s(chunks.map(({ at }) => at))),
  )
}

// Arguments are passed on a stack that a long recording's would overflow.
function u32s(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value, i * 4)
  return bytes
}

function u64s(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 8)
  for (const [i, value] of values.entries()) bytes.writeBigUInt64BE(BigInt(value), i * 8)
  return bytes
}

function sampleEntry({ width, height, sps, pps }: Track): Buffer {
  const profile = sps[1] ?? 0
  const high = HIGH_PROFILES.includes(profile) ? [Buffer.from([0xfd, 0xf8, 0xf8, 0])] : []
  return box(
    'avc1',
    Buffer.from([0, 0, 0, 0, 0, 0, 0, 1]),
    Buffer.alloc(16),
    u16(width, height),
    u32(0x48_0000, 0x48_0000, 0),
    u16(1),
    Buffer.alloc(32),
    u16(24, 0xffff),
    // 4 bytes of length before each unit; one parameter set of each kind.
    box(
      'avcC',
      Buffer.from([1, profile, sps[2] ?? 0, sps[3] ?? 0, 0xff, 0xe1]),
      u16(sps.length),
      sps,
      Buffer.from([1]),
      u16(pps.length),
      pps,
      ...high,
    ),
  )
}

/** Tags as QuickTime and FFmpeg know them. */
function metadata({ comment, startedAt }: Track): Buffer {
  const item = (name: string, text: string): Buffer =>
    box(name, box('data', u32(1, 0), Buffer.from(text, 'utf8')))
  return fullBox(
    'meta',
    0,
    0,
    fullBox('hdlr', 0, 0, u32(0), Buffer.from('mdirappl'), Buffer.alloc(9)),
    box(
      'ilst',
      item('\u00a9too', 'Lightbench'),
      item('\u00a9day', new Date(startedAt).toISOString()),
      item('\u00a9cmt', comment),
    ),
  )
}
