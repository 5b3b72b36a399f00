export const COLOUR_MAPS = ['grey', 'viridis', 'inferno', 'turbo'] as const
export type ColourMap = (typeof COLOUR_MAPS)[number]

/** Eleven colours each, evenly spaced, between which is interpolated: no eye tells them from the published 256. */
const STOPS: Record<ColourMap, readonly string[]> = {
  grey: ['000000', 'ffffff'],
  // By Stéfan van der Walt and Nathaniel Smith, CC0.
  viridis: [
    '440154',
    '482475',
    '414487',
    '355f8d',
    '2a788e',
    '21918c',
    '22a884',
    '44bf70',
    '7ad151',
    'bddf26',
    'fde725',
  ],
  inferno: [
    '000004',
    '160b39',
    '420a68',
    '6a176e',
    '932667',
    'bc3754',
    'dd513a',
    'f37819',
    'fca50a',
    'f6d746',
    'fcffa4',
  ],
  // By Anton Mikhailov, Apache 2.0.
  turbo: [
    '30123b',
    '4662d8',
    '36aaf9',
    '1ae4b6',
    '72fe5e',
    'a4fc3c',
    'e1dd37',
    'faba39',
    'f66b19',
    'cb2a04',
    '7a0403',
  ],
}

export const MAP_COLOURS = 256

/** 256 colours from the least value to the greatest, RGBA. */
export function colourTable(map: ColourMap): Uint8Array<ArrayBuffer> {
  const stops = STOPS[map].map((hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)))
  const table = new Uint8Array(MAP_COLOURS * 4)
  for (let i = 0; i < MAP_COLOURS; i++) {
    const place = (i / (MAP_COLOURS - 1)) * (stops.length - 1)
    const left = Math.min(stops.length - 2, Math.floor(place))
    for (let channel = 0; channel < 3; channel++) {
      const [from, to] = [stops[left]![channel]!, stops[left + 1]![channel]!]
      table[i * 4 + channel] = Math.round(from + (to - from) * (place - left))
    }
    table[i * 4 + 3] = 255
  }
  return table
}
