import type { DropReason, Stage } from '../../shared/diagnostics/diagnostics.ts'

/** The stages as people call them, and what each is. */
export const STAGE_WORDS: Record<Stage, { name: string; about: string }> = {
  capture: { name: 'Capture', about: 'from the picture being complete to its being handed over' },
  slot: { name: 'Slot wait', about: 'until the encoder was free' },
  convert: { name: 'Convert', about: 'from the pixels of the sensor to those of video' },
  encode: { name: 'Encode', about: 'in the encoder' },
  send: { name: 'Send', about: 'into packets and to the bridge' },
  network: { name: 'Network', about: 'one way, half of the round trip' },
  jitterBuffer: { name: 'Jitter buffer', about: 'in the browser, until the frame was whole and its turn' },
  decode: { name: 'Decode', about: 'in the browser' },
  draw: { name: 'Draw', about: 'from decoded to shown' },
}

export const DROP_WORDS: Record<DropReason, string> = {
  replaced: 'Frames replaced before encoding',
  lost: 'Packets lost on the way',
  unshown: 'Frames not shown by browsers',
  frozen: 'Times a picture stood still',
}

/** Bytes as people read them: `3.2 MB`, `84 GB`. */
export function bytesText(bytes: number | undefined): string {
  if (bytes === undefined) return '—'
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`
}
