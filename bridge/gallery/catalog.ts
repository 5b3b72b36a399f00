import type { SQLInputValue } from 'node:sqlite'
import { KEEP_TAG, type MediaEntry, mediaEntry, type MediaFilter } from '../../shared/gallery/gallery.ts'
import type { Row, Statement, Tables } from '../core/tables.ts'
import type { Aged } from './retention.ts'

const steps = [
  `CREATE TABLE media (
    id TEXT PRIMARY KEY, taken_at INTEGER NOT NULL, device TEXT NOT NULL, kind TEXT NOT NULL, phase TEXT NOT NULL,
    media_group TEXT, bytes INTEGER NOT NULL, file TEXT NOT NULL, text TEXT NOT NULL, entry TEXT NOT NULL
  ) STRICT;
  CREATE INDEX media_order ON media (taken_at, id);
  CREATE TABLE media_tag (
    media TEXT NOT NULL REFERENCES media ON DELETE CASCADE, tag TEXT NOT NULL, PRIMARY KEY (tag, media)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE media_total (files INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
  INSERT INTO media_total VALUES (0, 0);
  CREATE TRIGGER media_comes AFTER INSERT ON media
    BEGIN UPDATE media_total SET files = files + 1, bytes = bytes + NEW.bytes; END;
  CREATE TRIGGER media_grows AFTER UPDATE OF bytes ON media
    BEGIN UPDATE media_total SET bytes = bytes + NEW.bytes - OLD.bytes; END;
  CREATE TRIGGER media_goes AFTER DELETE ON media
    BEGIN UPDATE media_total SET files = files - 1, bytes = bytes - OLD.bytes; END;`,
]

/** Rows that are read at once where all are wanted. */
const PAGE = 500

/** An entry, and where its file lies in the gallery's folder. */
export interface Filed {
  entry: MediaEntry
  file: string
}

/** What is in the gallery: a table, newest first. It is written behind. */
export class MediaCatalog {
  readonly #tables: Tables

  private constructor(tables: Tables) {
    this.#tables = tables
  }

  static async open(tables: Tables): Promise<MediaCatalog> {
    await tables.migrate('media', steps)
    return new MediaCatalog(tables)
  }

  async get(id: string): Promise<Filed | undefined> {
    const row = await this.#tables.get('SELECT entry, file FROM media WHERE id = ?', id)
    return row && filed(row)
  }

  /** Adds an entry, or puts it in place of what it was. */
  put({ entry, file }: Filed): void {
    const { id, takenAt, device, kind, phase, group, bytes, tags } = entry
    this.#later(id, [
      {
        sql: `INSERT INTO media VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
            taken_at = excluded.taken_at, phase = excluded.phase, bytes = excluded.bytes, text = excluded.text,
            entry = excluded.entry`,
        values: [
          ...[id, takenAt, device, kind, phase, group ?? null, bytes, file],
          ...[textOf(entry), JSON.stringify(entry)],
        ],
      },
      { sql: 'DELETE FROM media_tag WHERE media = ?', values: [id] },
      ...[...new Set(tags)].map((tag) => ({ sql: 'INSERT INTO media_tag VALUES (?, ?)', values: [id, tag] })),
    ])
  }

  delete(id: string): void {
    this.#later(id, [{ sql: 'DELETE FROM media WHERE id = ?', values: [id] }])
  }

  /** Those that fit the filter, newest first. */
  async list(filter: MediaFilter): Promise<MediaEntry[]> {
    const { device, kind, tag, group, text, from, to, limit, before } = filter
    const words = text?.toLowerCase().split(/\s+/).filter(Boolean) ?? []
    const all: [condition: string, ...values: (SQLInputValue | undefined)[]][] = [
      ['device = ?', device],
      ['kind = ?', kind],
      ['media_group = ?', group],
      ['taken_at >= ?', from],
      ['taken_at < ?', to],
      ['id IN (SELECT media FROM media_tag WHERE tag = ?)', tag],
      ['(taken_at, id) < (?, ?)', before?.takenAt, before?.id],
      ...words.map((word): [string, string] => ['instr(text, ?) > 0', word]),
    ]
    const used = all.filter(([, ...values]) => !values.includes(undefined))
    const where = used.length > 0 ? `WHERE ${used.map(([condition]) => condition).join(' AND ')}` : ''
    const values = used.flatMap(([, ...each]) => each as SQLInputValue[])
    const rows = await this.#tables.all(
      `SELECT entry FROM media ${where} ORDER BY taken_at DESC, id DESC LIMIT ?`,
      ...[...values, limit],
    )
    return rows.map(entryOf)
  }

  /** Those whose files were growing when the bridge ended. */
  async growing(): Promise<Filed[]> {
    return (await this.#tables.all("SELECT entry, file FROM media WHERE phase = 'growing'")).map(filed)
  }

  /** What the rules need to know of each, oldest first, some hundreds at a time. */
  async *ages(): AsyncGenerator<Aged[]> {
    for (let after: [number, string] = [-1, '']; ;) {
      const rows = await this.#tables.all(
        `SELECT id, taken_at, bytes, phase, EXISTS (SELECT 1 FROM media_tag WHERE media = id AND tag = ?) AS kept
        FROM media WHERE (taken_at, id) > (?, ?) ORDER BY taken_at, id LIMIT ${PAGE}`,
        ...[KEEP_TAG, ...after],
      )
      const last = rows.at(-1)
      if (!last) return
      after = [Number(last['taken_at']), last['id'] as string]
      yield rows.map((row) => ({
        id: row['id'] as string,
        takenAt: Number(row['taken_at']),
        bytes: Number(row['bytes']),
        phase: row['phase'] as string,
        isKept: row['kept'] === 1,
      }))
    }
  }

  /** How many there are, and what they take. */
  async total(): Promise<{ files: number; usedBytes: number }> {
    const row = await this.#tables.get('SELECT files, bytes FROM media_total')
    return { files: Number(row?.['files']), usedBytes: Number(row?.['bytes']) }
  }

  /** Every tag and how many have it, the most used first. */
  async tags(): Promise<{ tag: string; count: number }[]> {
    const rows = await this.#tables.all(
      'SELECT tag, count(*) AS count FROM media_tag GROUP BY tag ORDER BY count DESC, tag LIMIT 100',
    )
    return rows.map((row) => ({ tag: String(row['tag']), count: Number(row['count']) }))
  }

  #later(id: string, statements: readonly Statement[]): void {
    this.#tables.later(statements, `media/${id}`)
  }
}

function entryOf(row: Row): MediaEntry {
  return mediaEntry.parse(JSON.parse(row['entry'] as string))
}

function filed(row: Row): Filed {
  return { entry: entryOf(row), file: row['file'] as string }
}

/** All that a search looks through, in small letters. */
function textOf({ id, name, note, tags, device, who, format, kind, group, takenAt }: MediaEntry): string {
  const parts = [id, name, note, ...tags, device, who, format, kind, group, new Date(takenAt).toISOString()]
  return parts.filter(Boolean).join('\n').toLowerCase()
}
