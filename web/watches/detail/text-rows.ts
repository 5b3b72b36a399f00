import type { TextChunk } from '../../../shared/watches/watch-history.ts'

/** A line of a difference as it is shown; `folded` stands for so many that are the same. */
export type TextRow = { op: TextChunk['op']; text: string } | { op: 'folded'; lines: number }

const linesOf = (text: string): string[] => text.replace(/\n$/, '').split('\n')

/** The lines of a difference; of what is the same only `around` lines beside a change. */
export function textRows(chunks: readonly TextChunk[], around = 3): TextRow[] {
  return chunks.flatMap((chunk, i): TextRow[] => {
    const lines = linesOf(chunk.text)
    const row = (text: string): TextRow => ({ op: chunk.op, text })
    // Without a change there is nothing to stand beside.
    if (chunk.op !== 'same' || chunks.length < 2 || around === Infinity) return lines.map(row)
    const after = i > 0 ? around : 0
    const before = i < chunks.length - 1 ? around : 0
    const hidden = lines.length - after - before
    // A fold that hides a line or two only costs a click.
    if (hidden <= 2) return lines.map(row)
    const end = lines.length - before
    return [...lines.slice(0, after).map(row), { op: 'folded', lines: hidden }, ...lines.slice(end).map(row)]
  })
}
