/** One sample of Prometheus' text format. */
export interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$/
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)/y

/**
 * Reads the text exposition format (Prometheus, version 0.0.4): the samples, and the type of each family. Throws at the
 * first line that is none of it, and at a sample whose family has no type.
 */
export function parseMetrics(text: string): { samples: Sample[]; types: Map<string, string> } {
  const samples: Sample[] = []
  const types = new Map<string, string>()
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  for (const line of text.split('\n')) {
    const type = /^# TYPE (\S+) (counter|gauge|histogram|summary|untyped)$/.exec(line)
    if (type) types.set(type[1] ?? '', type[2] ?? '')
    if (line === '' || line.startsWith('#')) continue
    const [, name = '', labels = '', value = ''] = LINE.exec(line) ?? []
    if (name === '' || (value !== 'NaN' && Number.isNaN(Number(value)))) throw new Error(`no sample: ${line}`)
    if (!types.has(name)) throw new Error(`a sample without a type: ${line}`)
    samples.push({ name, labels: parseLabels(labels), value: Number(value) })
  }
  return { samples, types }
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  LABEL.lastIndex = 0
  while (LABEL.lastIndex < text.length) {
    const found = LABEL.exec(text)
    if (!found) throw new Error(`no labels: ${text}`)
    labels[found[1] ?? ''] = found[2] ?? ''
  }
  return labels
}
