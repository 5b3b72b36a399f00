import { BenchError } from '../../../shared/wire/errors.ts'
import { watchPicturePath, type WatchSnapshot } from '../../../shared/watches/watch-history.ts'
import type { Watch } from '../../../shared/watches/watch.ts'
import type { WatchStore } from '../store/watch-store.ts'
import type { StoredSnapshot } from '../store/watch-storage.ts'
import type { Lab } from '../worker/lab.ts'
import type { Snapshot } from '../scheduler/seen.ts'

/** Of pictures that are not watched for a change: what differs by more than this is shown as changed. */
const SHOWN_BY = 0.1
const CUT_MARK = '\u0000cut'

/** A text as it is kept, with a mark where it was cut. */
export function keptText({ text, cut }: { text: string; cut: boolean }): string {
  return cut ? text + CUT_MARK : text
}

/** What a check has seen, and how that differs from an earlier one. Throws `watch.unknown`. */
export async function snapshotOf(
  watch: Watch,
  seq: number,
  against: number | undefined,
  { store, lab }: { store: WatchStore; lab: Lab },
): Promise<WatchSnapshot> {
  const { id } = watch
  const now = await store.ask('snapshot', id, seq, false)
  if (!now) throw new BenchError('watch.unknown', `${watch.name}: of check ${seq} nothing is kept`)
  const earlier =
    against === undefined
      ? await store.ask('snapshot', id, seq - 1, true)
      : await store.ask('snapshot', id, against, false)
  const before = earlier?.kind === now.kind ? earlier : undefined
  const side = before && { seq: before.seq, at: before.at }
  if (now.kind === 'text') {
    const { text, cut } = readText(now)
    const difference = before && (await lab.run('difference', { before: readText(before).text, after: text }))
    const picture = now.picture ? watchPicturePath(id, now.seq) : undefined
    return { kind: 'text', seq: now.seq, at: now.at, text, cut, against: side, difference, picture }
  }
  if (now.kind === 'trace') {
    return {
      ...(JSON.parse(now.text ?? '{}') as Extract<Snapshot, { kind: 'trace' }>['trace']),
      kind: 'trace',
      seq: now.seq,
      at: now.at,
    }
  }
  const file = store.pictureFile(id, now.seq)
  const { condition } = watch.what
  const by =
    'by' in condition && condition.is === 'changed' && watch.what.kind === 'picture' ? condition.by : SHOWN_BY
  const found =
    before === undefined
      ? await lab.run('dimensions', { file })
      : await lab.run('changedRegion', { before: store.pictureFile(id, before.seq), after: file, by })
  const other = before && { seq: before.seq, at: before.at, path: watchPicturePath(id, before.seq) }
  return {
    kind: 'image',
    seq: now.seq,
    at: now.at,
    path: watchPicturePath(id, now.seq),
    against: other,
    ...found,
  }
}

function readText({ text = '' }: StoredSnapshot): { text: string; cut: boolean } {
  return text.endsWith(CUT_MARK) ? { text: text.slice(0, -CUT_MARK.length), cut: true } : { text, cut: false }
}
