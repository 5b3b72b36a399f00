const MOST = 8

/** A header that could be meant: as the manual writes it, and the text with it in place. */
export interface Suggestion {
  header: string
  text: string
  /** Where the caret goes. */
  caret: number
}

/**
 * The headers that what stands before the caret could become. Complete nodes stay as they were typed, with their numbers;
 * what is added is spelled as in the manual, which is a long form that instruments take, and numbered 1.
 */
export function complete(headers: readonly string[], text: string, caret: number): Suggestion[] {
  const from = Math.max(text.lastIndexOf('\n', caret - 1), text.lastIndexOf(';', caret - 1)) + 1
  const typed = text.slice(from, caret).trimStart()
  if (typed.length < 2 || /\s/.test(typed)) return []
  const begins = caret - typed.length
  const rest = text.slice(caret)
  const suggestions: Suggestion[] = []
  for (const header of headers) {
    const whole = extend(header, typed)
    if (whole === undefined || whole.toUpperCase() === typed.toUpperCase()) continue
    const said = whole + (header.endsWith('?') ? '' : ' ')
    suggestions.push({ header, text: text.slice(0, begins) + said + rest, caret: begins + said.length })
    if (suggestions.length === MOST) break
  }
  return suggestions
}

function extend(header: string, typed: string): string | undefined {
  if (header.startsWith('*') || typed.startsWith('*'))
    return header.toUpperCase().startsWith(typed.toUpperCase()) ? header : undefined
  const nodes = header.replace(/^:/, '').split(':')
  const words = typed.replace(/^:/, '').split(':')
  if (words.length > nodes.length) return undefined
  const last = words.length - 1
  const kept: string[] = []
  for (const [i, word] of words.entries()) {
    const node = nodes[i] ?? ''
    if (i < last) {
      if (!isNode(node, word)) return undefined
      kept.push(word)
    } else if (isNode(node.replace(/\?$/, ''), word) && /\d$/.test(word)) {
      kept.push(word + (node.endsWith('?') ? '?' : ''))
    } else if (begins(node, word)) kept.push(spelled(node))
    else return undefined
  }
  const colon = typed.startsWith(':') ? ':' : ''
  return colon + [...kept, ...nodes.slice(words.length).map(spelled)].join(':')
}

/** Whether a typed word is a node in full: short or long form, with a number where the node has one. */
function isNode(node: string, word: string): boolean {
  const numbered = node.includes('<')
  const name = node.replace(/<\w+>/, '')
  const typed = (numbered ? word.replace(/\d+$/, '') : word).toUpperCase()
  return typed === name.toUpperCase() || typed === name.replace(/[a-z]/g, '')
}

function begins(node: string, word: string): boolean {
  return node.replace(/<\w+>/, '').toUpperCase().startsWith(word.toUpperCase())
}

function spelled(node: string): string {
  return node.replace(/<\w+>/, '1')
}
