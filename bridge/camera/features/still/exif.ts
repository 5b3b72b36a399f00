import { directory, type PageText, textFields, tiffHeader } from './tiff.ts'

/** A segment says its length in 16 bits, its own two bytes included. */
const MOST_SEGMENT = 65_533
const EXIF = Buffer.from('Exif\0\0', 'latin1')

/** The JPEG file with its description, author and time in an EXIF segment behind its first marker (JEITA CP-3451). */
export function withExif(jpeg: Uint8Array, text: PageText): Uint8Array[] {
  const at = tiffHeader(0, false).length
  const content = Buffer.concat([EXIF, tiffHeader(at, false), directory(textFields(text), at, false).bytes])
  if (content.length > MOST_SEGMENT) return [jpeg]
  const marker = Buffer.from([0xff, 0xe1, 0, 0])
  marker.writeUInt16BE(content.length + 2, 2)
  return [jpeg.subarray(0, 2), marker, content, jpeg.subarray(2)]
}
