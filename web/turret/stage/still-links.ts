import { type MediaEntry, mediaPath, previewPath } from '../../../shared/gallery/gallery.ts'

/** Where a still can be looked at by a browser, which shows no TIFF. */
export function previewHref({ id, format }: Pick<MediaEntry, 'id' | 'format'>): string {
  return format === 'tiff' ? previewPath(id) : mediaPath(id)
}
