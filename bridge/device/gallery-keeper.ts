import type { MediaEntry, MediaFormat, MediaKind } from '../../shared/gallery/gallery.ts'
import type { StillFormat } from '../../shared/camera/still.ts'

/** What a camera says of a file that it begins. */
export type MediaDraft = Pick<MediaEntry, 'device' | 'takenAt' | 'width' | 'height' | 'who' | 'facts'> &
  Partial<Pick<MediaEntry, 'note' | 'tags' | 'group' | 'part'>> & { kind: MediaKind; format: MediaFormat }

/** What of an entry changes while its file grows, and when it is done. */
export type MediaProgress = Partial<
  Pick<MediaEntry, 'bytes' | 'durationMs' | 'frames' | 'dropped' | 'takenAt' | 'facts'>
>

/** A place for a file in the gallery: nobody else has its name. */
export interface MediaPlace {
  id: string
  /** Absolute; its folder is there. */
  path: string
  /** Where its small picture goes, and one of full size for what no browser shows. */
  thumbnail: string
  preview: string
}

/** A time lapse as it is kept: it outlives the bridge. */
export interface Series {
  group: string
  device: string
  who: string
  since: number
  everyMs: number
  /** How many it will be; undefined until it is stopped. */
  of?: number | undefined
  format: StillFormat
  note?: string | undefined
  tags: string[]
  taken: number
  missed: number
}

/** The gallery as a camera knows it. */
export interface GalleryKeeper {
  /** The bench's title, which every file carries. */
  readonly bench: string
  /** So many bytes of the disk are never filled. */
  readonly keepFreeBytes: number
  /** Bytes free on the gallery's disk beyond those that are never filled; 0 or more. */
  freeBytes(): Promise<number>
  /** Throws `storage.full` when there is no room for another file. */
  requireRoom(device: string): Promise<void>
  /** Makes a place for a file that will be whole when it is there. */
  place(device: string, takenAt: number, format: MediaFormat): Promise<MediaPlace>
  /** A path for a file that is not kept; whoever has it deletes it. */
  passing(): string
  /** Takes a whole file into the catalogue. */
  add(place: MediaPlace, draft: MediaDraft, progress: MediaProgress): MediaEntry
  /** Takes a file into the catalogue that grows from now on. */
  begin(place: MediaPlace, draft: MediaDraft): MediaEntry
  /** What has come of a file that grows. */
  progress(id: string, progress: MediaProgress): void
  /** A file has come to its end; `ended` says why, when nobody wanted it to. What is not told is read from the file. */
  finish(id: string, progress: MediaProgress, ended?: string): Promise<MediaEntry>
  /** Lets go of a place that no file came to. */
  abandon(place: MediaPlace): Promise<void>
  /** The device's time lapse that has not ended. */
  series(device: string): Series | undefined
  saveSeries(series: Series): void
  endSeries(group: string): void
}
