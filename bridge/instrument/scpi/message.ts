/** One header with its parameters, as `parseMessage` finds it in a program message. */
export type Unit = {
  /** The whole path in upper case without its leading colon: `['CTP', 'SENS4', 'POW']`, or `['*IDN']`. */
  path: string[]
  query: boolean
  /** Parameters as sent, trimmed, quotes kept. */
  parameters: string[]
  /** The header as sent, for an error's detail. */
  header: string
}

/** Splits at a separator that stands outside quotes and outside an expression's parentheses. */
function splitOutside(text: string, separator: string): string[] {
  const pieces: string[] = []
  let from = 0
  let depth = 0
  let quote = ''
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i)
    if (quote) {
      // A doubled quote closes and opens again at once, which leaves it inside the string.
      if (char === quote) quote = ''
    } else if (char === '"' || char === "'") quote = char
    else if (char === '(') depth++
    else if (char === ')') depth--
    else if (char === separator && depth <= 0) {
      pieces.push(text.slice(from, i))
      from = i + 1
    }
  }
  pieces.push(text.slice(from))
  return pieces
}

const header = /^(\*[a-z]+|:?[a-z]\w*(?::[a-z]\w*)*)(\?)?(?:\s+|$)/i

/**
 * Takes a program message apart into its units, headers resolved to whole paths
 * (IEEE 488.2 §7.3, SCPI-1999 vol 1 §6.2.4: `;` keeps the node, `;:` goes to the root,
 * a `*` command leaves the node as it was).
 * A unit that is no header at all comes back with an empty path.
 */
export function parseMessage(message: string): Unit[] {
  const units: Unit[] = []
  let node: string[] = []
  for (const piece of splitOutside(message, ';')) {
    const text = piece.trim()
    if (text === '') continue
    const found = header.exec(text)
    const name = found?.[1]
    if (!found || name === undefined) {
      units.push({ path: [], query: false, parameters: [], header: text.split(/\s/)[0] ?? text })
      continue
    }
    const rest = text.slice(found[0].length).trim()
    const parameters = rest === '' ? [] : splitOutside(rest, ',').map((parameter) => parameter.trim())
    const query = found[2] === '?'
    let path: string[]
    if (name.startsWith('*')) path = [name.toUpperCase()]
    else {
      const relative = name.replace(/^:/, '').toUpperCase().split(':')
      path = name.startsWith(':') ? relative : [...node, ...relative]
      node = path.slice(0, -1)
    }
    units.push({ path, query, parameters, header: name + (query ? '?' : '') })
  }
  return units
}

/** The two forms of a mnemonic in upper case: `CHANnel` has CHAN and CHANNEL (SCPI-1999 vol 1 §6.2.1). */
function forms(mnemonic: string): Set<string> {
  return new Set([mnemonic.replace(/[a-z]/g, ''), mnemonic.toUpperCase()])
}

/** Whether a word is the exact short or the exact long form of a mnemonic such as `ASCii`, in any case. */
export function matches(mnemonic: string, word: string): boolean {
  return forms(mnemonic).has(word.toUpperCase())
}

type SuffixName<Pattern extends string> = Pattern extends `${string}<${infer Name}>${infer Rest}`
  ? Name | SuffixName<Rest>
  : never

/** What a handler is given: numeric suffixes by the names in its pattern, and the parameters as sent. */
export type Call<Pattern extends string = string> = {
  suffixes: Record<SuffixName<Pattern>, number>
  parameters: string[]
}

type Leaf<Result> = {
  names: (string | undefined)[]
  run: (call: { suffixes: Record<string, number>; parameters: string[] }) => Result
}
type Branch<Result> = { children: Map<string, Branch<Result>>; query?: Leaf<Result>; command?: Leaf<Result> }

/** `:INITiate[:IMMediate]` as the paths it stands for, with and without each optional node. */
function expand(pattern: string): string[] {
  const optional = /\[([^\]]*)\]/.exec(pattern)
  if (!optional) return [pattern]
  const before = pattern.slice(0, optional.index)
  const after = pattern.slice(optional.index + optional[0].length)
  return [...expand(before + after), ...expand(before + (optional[1] ?? '') + after)]
}

/** Numeric suffixes and the word they hang on; a digit in the pattern itself is part of the word. */
function separate(word: string): { name: string; suffix: number | undefined } {
  const digits = /\d+$/.exec(word)
  if (!digits) return { name: word, suffix: undefined }
  return { name: word.slice(0, digits.index), suffix: Number(digits[0]) }
}

/**
 * A table of SCPI commands, its patterns compiled as they are added.
 * `:CTP:SENSe<s>:POWer?` names a suffix, `[:IMMediate]` is a node that may be left out,
 * a final `?` makes a query.
 */
export class CommandTree<Result> {
  readonly #root: Branch<Result> = { children: new Map() }

  add<const Pattern extends string>(pattern: Pattern, run: (call: Call<Pattern>) => Result): this {
    const query = pattern.endsWith('?')
    for (const path of expand(query ? pattern.slice(0, -1) : pattern)) {
      const names: (string | undefined)[] = []
      let branch = this.#root
      for (const node of path.replace(/^:/, '').split(':')) {
        const [, mnemonic = node, name] = /^(.*?)(?:<(\w+)>)?$/.exec(node) ?? []
        names.push(name)
        let next: Branch<Result> | undefined
        for (const form of forms(mnemonic)) next ??= branch.children.get(form)
        next ??= { children: new Map() }
        for (const form of forms(mnemonic)) branch.children.set(form, next)
        branch = next
      }
      // The pattern's own suffix names are the ones `find` fills in, which the compiler cannot see.
      branch[query ? 'query' : 'command'] = { names, run: run }
    }
    return this
  }

  /** The call a unit makes, ready to run, or undefined where the header is unknown. */
  find(unit: Unit): (() => Result) | undefined {
    let branch = this.#root
    const given: (number | undefined)[] = []
    for (const word of unit.path) {
      const exact = branch.children.get(word)
      const { name, suffix } = exact ? { name: word, suffix: undefined } : separate(word)
      const next = exact ?? branch.children.get(name)
      if (!next) return undefined
      given.push(suffix)
      branch = next
    }
    const leaf = unit.query ? branch.query : branch.command
    if (!leaf) return undefined
    const suffixes: Record<string, number> = {}
    for (const [index, suffix] of given.entries()) {
      const name = leaf.names[index]
      // SCPI-1999 vol 1 §6.2.5.2: a suffix left out is 1, so a 1 is welcome where no other is.
      if (name !== undefined) suffixes[name] = suffix ?? 1
      else if (suffix !== undefined && suffix !== 1) return undefined
    }
    return () => leaf.run({ suffixes, parameters: unit.parameters })
  }
}

/** A number in SI units; a unit that SI does not scale (dBm, dB) stays as it is. */
export type Quantity = {
  value: number
  unit: '' | 'm' | 'Hz' | 's' | 'V' | 'A' | 'W' | 'ohm' | 'dBm' | 'dB' | 'm/s'
}

const units: readonly [string, Quantity['unit']][] = [
  ['DBM', 'dBm'],
  ['DB', 'dB'],
  ['OHM', 'ohm'],
  ['HZ', 'Hz'],
  ['M/S', 'm/s'],
  ['M', 'm'],
  ['S', 's'],
  ['V', 'V'],
  ['A', 'A'],
  ['W', 'W'],
]
const exponents: Record<string, number> = {
  '': 0,
  EX: 18,
  PE: 15,
  T: 12,
  G: 9,
  MA: 6,
  K: 3,
  M: -3,
  U: -6,
  N: -9,
  P: -12,
  F: -15,
  A: -18,
}

/**
 * A decimal number with its suffix, in SI: `1550NM` is 1.55e-6 m
 * (IEEE 488.2 §7.7.3; M is milli except in MHZ and MOHM). Undefined where it is no such thing.
 */
export function parseQuantity(text: string): Quantity | undefined {
  const found = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:\s*E\s*([+-]?\d+))?\s*([A-Z/]*)$/.exec(
    text.trim().toUpperCase(),
  )
  if (!found) return undefined
  const [, mantissa = '', power = '0', suffix = ''] = found
  if (suffix === '') return { value: Number(`${mantissa}e${power}`), unit: '' }
  for (const [name, unit] of units) {
    if (!suffix.endsWith(name)) continue
    const prefix = suffix.slice(0, -name.length)
    const exponent = prefix === 'M' && (unit === 'Hz' || unit === 'ohm') ? 6 : exponents[prefix]
    if (exponent === undefined || (prefix !== '' && unit.startsWith('dB'))) continue
    // The exponent is added in the text, so that 1550NM is 1.55e-6 to the last bit.
    return { value: Number(`${mantissa}e${Number(power) + exponent}`), unit }
  }
  return undefined
}
