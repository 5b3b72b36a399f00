import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { declaredConfig } from '../../bridge/instrument/declared/config.ts'
import { explainIssues } from '../../shared/wire/errors.ts'

const RESOURCE = 'TCPIP::192.168.1.30::5025::SOCKET'
/** What the guide shows of parts of an entry, made a whole one. */
const REST = {
  units: {
    readings: { x: { query: ':X?' } },
    settings: { function: { query: ':F?', command: ':F {value}', type: 'text' } },
  },
  parse: { readings: { x: { query: ':X?' } } },
  preamble: { traces: { x: { query: ':X?', format: 'uint8' } } },
}

interface Part {
  devices?: Record<string, object>
  [member: string]: unknown
}

/** The device entries that a piece of the guide comes to. */
function devicesOf(part: Part): object[] {
  if (part.devices) return Object.values(part.devices)
  const [name = ''] = Object.keys(part)
  if (name === 'supply') return Object.values(part) as object[]
  if (name === 'units') return [merged(REST.units, { readings: { x: part } })]
  if (name === 'parse') return [merged(REST.parse, { readings: { x: part } })]
  if (name === 'preamble') return [merged(REST.preamble, { traces: { x: part } })]
  return [{ safe: [':OUTP OFF'], ...part }]
}

function merged(
  whole: Record<string, Record<string, object>>,
  part: Record<string, Record<string, object>>,
): object {
  return Object.fromEntries(
    Object.entries(whole).map(([kind, entries]) => [
      kind,
      Object.fromEntries(
        Object.entries(entries).map(([name, entry]) => [name, { ...entry, ...part[kind]?.[name] }]),
      ),
    ]),
  )
}

it('shows in the guide nothing that the driver would refuse', async () => {
  const guide = await readFile(new URL('../../docs/instruments.md', import.meta.url), 'utf8')
  const blocks = [...guide.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => text)
  expect(blocks.length).toBeGreaterThan(10)
  for (const block of blocks) {
    for (const device of devicesOf(parse(block) as Part)) {
      const { driver: _, title: __, ...config } = device as Record<string, unknown>
      const checked = declaredConfig.safeParse({ resource: RESOURCE, ...config })
      expect(checked.success ? '' : explainIssues(checked.error), block).toBe('')
    }
  }
})
