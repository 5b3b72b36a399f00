/** A turn of a trace that stands out on both sides by what was asked for. */
export interface Turn {
  index: number
  kind: 'peak' | 'dip'
  /** How far it stands out before something higher (for a dip: lower) or an end is reached, on its weaker side. */
  prominence: number
  /** The run of finite samples it lies in: [begin, end). */
  begin: number
  end: number
}

/**
 * Every peak and dip whose prominence is at least `prominence`, by position. One pass: a turn counts once the trace has
 * come back from it that far, so noise that is smaller makes none however many samples it has. A gap (a sample that is
 * no finite number) ends a run, and its ends are no turns.
 */
export function findTurns(y: Float32Array, prominence: number): Turn[] {
  const turns: Turn[] = []
  for (let begin = 0; begin < y.length; begin++) {
    if (!Number.isFinite(y[begin])) continue
    let end = begin + 1
    while (end < y.length && Number.isFinite(y[end])) end++
    // Not spread into push: a noisy trace has more turns than a call may have arguments.
    for (const turn of turnsOfRun(y, begin, end, prominence)) turns.push(turn)
    begin = end
  }
  return turns
}

function turnsOfRun(y: Float32Array, begin: number, end: number, prominence: number): Turn[] {
  const places: number[] = []
  let high = begin
  let low = begin
  let seeking: 'either' | 'peak' | 'dip' = 'either'
  let firstKind: Turn['kind'] = 'peak'
  for (let i = begin + 1; i < end; i++) {
    const value = y[i]!
    if (value > y[high]!) high = i
    if (value < y[low]!) low = i
    if (seeking !== 'dip' && value <= y[high]! - prominence) {
      if (seeking === 'peak') places.push(high)
      else firstKind = 'dip'
      seeking = 'dip'
      low = i
    } else if (seeking !== 'peak' && value >= y[low]! + prominence) {
      if (seeking === 'dip') places.push(low)
      else firstKind = 'peak'
      seeking = 'peak'
      high = i
    }
  }
  const kindAt = (k: number): Turn['kind'] => ((k % 2 === 0) === (firstKind === 'dip') ? 'dip' : 'peak')
  const measured = [...prominences(y, places, begin, end, kindAt, 'dip')]
  for (const [k, value] of prominences(y, places, begin, end, kindAt, 'peak')) measured.push([k, value])
  return measured
    .sort(([a], [b]) => a - b)
    .map(([k, value]) => ({ index: places[k]!, kind: kindAt(k), prominence: value, begin, end }))
}

function* prominences(
  y: Float32Array,
  places: readonly number[],
  begin: number,
  end: number,
  kindAt: (k: number) => Turn['kind'],
  kind: Turn['kind'],
): Generator<[k: number, prominence: number]> {
  const sign = kind === 'dip' ? 1 : -1
  const height = (index: number): number => sign * y[index]!
  const highest = (from: number, to: number): number => {
    let most = -Infinity
    for (let i = from; i < to; i++) most = Math.max(most, height(i))
    return most
  }
  const mine = places.map((_, k) => k).filter((k) => kindAt(k) === kind)
  /** How high it is to one side of each: to whatever is deeper, or the end of the run. */
  const wall = (order: readonly number[], step: -1 | 1, edge: (index: number) => number): number[] => {
    const heights: number[] = []
    const open: { depth: number; wall: number }[] = []
    for (const k of order) {
      const index = places[k]!
      const beside = places[k + step]
      let wallHere = beside === undefined ? edge(index) : height(beside)
      while (open.length > 0 && open.at(-1)!.depth >= height(index)) {
        wallHere = Math.max(wallHere, open.pop()!.wall)
      }
      open.push({ depth: height(index), wall: wallHere })
      heights.push(wallHere)
    }
    return heights
  }
  const left = wall(mine, -1, (index) => highest(begin, index))
  const right = wall([...mine].reverse(), 1, (index) => highest(index + 1, end)).reverse()
  for (const [i, k] of mine.entries()) yield [k, Math.min(left[i]!, right[i]!) - height(places[k]!)]
}

/** Of turns of one kind, by position, those that are left when of two closer than `distance` samples the weaker goes. */
export function setApart(turns: readonly Turn[], distance: number): Turn[] {
  const kept: Turn[] = []
  for (const turn of turns) {
    while (kept.length > 0 && turn.index - kept.at(-1)!.index < distance) {
      if (kept.at(-1)!.prominence >= turn.prominence) break
      kept.pop()
    }
    const last = kept.at(-1)
    if (!last || turn.index - last.index >= distance) kept.push(turn)
  }
  return kept
}
