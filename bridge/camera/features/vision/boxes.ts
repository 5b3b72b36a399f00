import type { DetectorModel } from '../../../device/detector-model.ts'
import type { Found } from './picture.ts'

/** A tensor as an ONNX runtime gives it. */
export interface Answer {
  dims: readonly number[]
  data: ArrayLike<number>
}

/** Boxes that share more than this are one thing, told twice. */
const SAME = 0.45
const MOST_BOXES = 100

/**
 * The things in a model's answers, in px of its input (for `ssd`, shares of it): `yolov8` is one tensor [1, 4 + classes, n],
 * `yolov5` one [1, n, 5 + classes], both with middle, width and height; `ssd` has boxes [1, n, 4] (top, left, bottom,
 * right), classes [1, n] and scores [1, n], by these words in their names. Throws when the answers are no such thing.
 */
export function boxesIn(
  answers: ReadonlyMap<string, Answer>,
  form: DetectorModel['form'],
  leastScore: number,
): Found[] {
  const found = form === 'ssd' ? ssd(answers) : yolo(answers, form)
  const best = found.filter(({ score }) => score >= leastScore).sort((a, b) => b.score - a.score)
  const kept: Found[] = []
  for (const box of best) {
    if (kept.length === MOST_BOXES) break
    if (!kept.some((other) => other.label === box.label && shared(other, box) > SAME)) kept.push(box)
  }
  return kept
}

function yolo(answers: ReadonlyMap<string, Answer>, form: 'yolov8' | 'yolov5'): Found[] {
  const [answer] = answers.values()
  const [, a = 0, b = 0] = answer?.dims ?? []
  if (!answer || answer.dims.length !== 3 || (form === 'yolov8' ? a < 5 : b < 6))
    throw new Error(
      `its answer has the shape [${answer?.dims.join(', ') ?? ''}], which is not that of ${form}`,
    )
  const [count, width] = form === 'yolov8' ? [b, a] : [a, b]
  const { data } = answer
  const at = (box: number, part: number): number =>
    form === 'yolov8' ? data[part * count + box]! : data[box * width + part]!
  const first = form === 'yolov8' ? 4 : 5
  return Array.from({ length: count }, (_, box) => {
    let label = 0
    for (let part = first + 1; part < width; part++)
      if (at(box, part) > at(box, first + label)) label = part - first
    const score = at(box, first + label) * (form === 'yolov8' ? 1 : at(box, 4))
    return { x: at(box, 0), y: at(box, 1), width: at(box, 2), height: at(box, 3), score, label }
  })
}

function ssd(answers: ReadonlyMap<string, Answer>): Found[] {
  const named = (word: string): ArrayLike<number> => {
    const name = [...answers.keys()].find((key) => key.toLowerCase().includes(word))
    const answer = name === undefined ? undefined : answers.get(name)
    if (!answer)
      throw new Error(`it has no answer named ${word}, but ${[...answers.keys()].join(', ') || 'none'}`)
    return answer.data
  }
  const [boxes, classes, scores] = [named('box'), named('class'), named('score')]
  return Array.from({ length: scores.length }, (_, i) => {
    const [top, left, bottom, right] = [0, 1, 2, 3].map((part) => boxes[i * 4 + part] ?? NaN) as [
      number,
      number,
      number,
      number,
    ]
    return {
      x: (left + right) / 2,
      y: (top + bottom) / 2,
      width: right - left,
      height: bottom - top,
      score: scores[i]!,
      label: Math.round(classes[i] ?? 0),
    }
  })
}

/** The area that two boxes share, of that which they cover together. */
function shared(a: Found, b: Found): number {
  const span = (along: 'x' | 'y', size: 'width' | 'height'): number =>
    Math.max(
      0,
      Math.min(a[along] + a[size] / 2, b[along] + b[size] / 2) -
        Math.max(a[along] - a[size] / 2, b[along] - b[size] / 2),
    )
  const both = span('x', 'width') * span('y', 'height')
  return both / (a.width * a.height + b.width * b.height - both)
}
