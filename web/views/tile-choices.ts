import type { BenchState } from '../../shared/bench/bench.ts'
import type { TileContent } from '../../shared/views/views.ts'
import type { NamedReadings } from './readings.svelte.ts'

interface Choices {
  title: string
  choices: { text: string; content: TileContent }[]
}

/** What can be put on a view of this bench, by device; `readings` are those of its declared instruments. */
export function tileChoices(
  { devices, order }: Pick<BenchState, 'devices' | 'order'>,
  readings: readonly NamedReadings[],
): Choices[] {
  const groups = order.flatMap((device): Choices[] => {
    const found = devices[device]
    if (!found) return []
    const { family, title } = found
    if (family === 'camera')
      return [{ title, choices: [{ text: 'Picture', content: { kind: family, device } }] }]
    if (family === 'turret')
      return [{ title, choices: [{ text: 'State', content: { kind: family, device } }] }]
    const single = (readings.find((named) => named.device === device)?.readings ?? []).map(
      ({ name, label }) => ({
        text: label,
        content: { kind: 'reading', device, reading: name } as const,
      }),
    )
    return [
      {
        title,
        choices: [
          { text: single.length > 0 ? 'All readings' : 'Live powers', content: { kind: family, device } },
          ...single,
          { text: 'Newest trace', content: { kind: 'trace', device } },
        ],
      },
    ]
  })
  const plain: Choices = {
    title: 'Besides',
    choices: [
      { text: 'Clock', content: { kind: 'clock' } },
      { text: 'Text', content: { kind: 'text', text: 'A heading\nand what there is to say' } },
    ],
  }
  return [...groups, plain]
}
