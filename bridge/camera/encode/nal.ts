/** NAL unit types (H.264 table 7-1). */
export const NAL = { slice: 1, idr: 5, sei: 6, sps: 7, pps: 8, delimiter: 9 } as const

export function nalType(unit: Uint8Array): number {
  return unit[0]! & 0x1f
}

/** The NAL units of an Annex B stream, without their start codes, as views of it (H.264 annex B.1). */
export function splitAnnexB(stream: Uint8Array): Uint8Array[] {
  const units: Uint8Array[] = []
  let start = -1
  for (let i = 2; i < stream.length; i++) {
    if (stream[i] !== 1 || stream[i - 1] !== 0 || stream[i - 2] !== 0) continue
    if (start >= 0) units.push(trimZeros(stream.subarray(start, i - 2)))
    start = i + 1
  }
  if (start >= 0) units.push(trimZeros(stream.subarray(start)))
  return units.filter((unit) => unit.length > 0)
}

// The first zero of a four-byte start code belongs to no unit, and a unit never ends in one.
function trimZeros(unit: Uint8Array): Uint8Array {
  let end = unit.length
  while (end > 0 && unit[end - 1] === 0) end -= 1
  return unit.subarray(0, end)
}

/** Sees to it that every IDR picture follows an SPS and a PPS, also where the encoder writes them only once. */
export class ParameterSets {
  #sps: Uint8Array | undefined
  #pps: Uint8Array | undefined

  /** The units to send for one picture: parameter sets where they belong; delimiters and SEI, which no viewer needs, left out. */
  complete(units: Uint8Array[]): Uint8Array[] {
    for (const unit of units) {
      if (nalType(unit) === NAL.sps) this.#sps = unit.slice()
      if (nalType(unit) === NAL.pps) this.#pps = unit.slice()
    }
    const picture = units.filter((unit) => nalType(unit) >= NAL.slice && nalType(unit) <= NAL.idr)
    const isKey = picture.some((unit) => nalType(unit) === NAL.idr)
    return isKey && this.#sps && this.#pps ? [this.#sps, this.#pps, ...picture] : picture
  }
}
