import type { Line, Point } from './profile.ts'
import type { Rect } from './statistics.ts'
import type { Size } from './view.ts'

/** What a drag over the picture does. */
export const TOOLS = [
  { tool: 'move', text: 'Move' },
  { tool: 'profile', text: 'Profile' },
  { tool: 'region', text: 'Region' },
  { tool: 'distance', text: 'Distance' },
  { tool: 'angle', text: 'Angle' },
] as const
export type Tool = (typeof TOOLS)[number]['tool']

export interface Angle {
  vertex: Point
  one: Point
  other: Point
}

/** What is drawn over the picture, in pixels of the whole frame. */
export interface Shapes {
  profile?: Line
  region?: Rect
  distance?: Line
  angle?: Angle
}

/** A point that can be taken hold of. */
export interface Handle {
  shape: keyof Shapes
  part: 'from' | 'to' | 'vertex' | 'one' | 'other'
  at: Point
  label: string
}

/** The shape that a drag draws, in place of the one of its kind. */
export function drawn(shapes: Shapes, tool: Tool, from: Point, to: Point, frame: Size): Shapes {
  const [begin, end] = [inside(from, frame), inside(to, frame)]
  if (tool === 'profile' || tool === 'distance') return { ...shapes, [tool]: { from: begin, to: end } }
  if (tool === 'region') return { ...shapes, region: rectOf(begin, end, frame) }
  if (tool !== 'angle') return shapes
  const length = Math.hypot(end.x - begin.x, end.y - begin.y)
  const other = inside({ x: begin.x + length * (end.x < begin.x ? -1 : 1), y: begin.y }, frame)
  return { ...shapes, angle: { vertex: begin, one: end, other } }
}

/** What can be taken hold of. */
export function handlesOf({ profile, region, distance, angle }: Shapes): Handle[] {
  const handles: Handle[] = []
  for (const [shape, line] of [
    ['profile', profile],
    ['distance', distance],
  ] as const) {
    if (!line) continue
    handles.push({ shape, part: 'from', at: line.from, label: `Beginning of the ${shape}` })
    handles.push({ shape, part: 'to', at: line.to, label: `End of the ${shape}` })
  }
  if (region) {
    const end = { x: region.x + region.width, y: region.y + region.height }
    handles.push({ shape: 'region', part: 'from', at: region, label: 'Upper left of the region' })
    handles.push({ shape: 'region', part: 'to', at: end, label: 'Lower right of the region' })
  }
  if (angle) {
    for (const [part, label] of [
      ['vertex', 'Vertex of the angle'],
      ['one', 'First arm of the angle'],
      ['other', 'Second arm of the angle'],
    ] as const) {
      handles.push({ shape: 'angle', part, at: angle[part], label })
    }
  }
  return handles
}

/** The shapes with one handle elsewhere. */
export function moved(shapes: Shapes, { shape, part }: Handle, to: Point, frame: Size): Shapes {
  const at = inside(to, frame)
  const { region, angle } = shapes
  if (shape === 'region') {
    if (!region) return shapes
    const end = { x: region.x + region.width, y: region.y + region.height }
    return { ...shapes, region: part === 'from' ? rectOf(at, end, frame) : rectOf(region, at, frame) }
  }
  if (shape === 'angle') return angle ? { ...shapes, angle: { ...angle, [part]: at } } : shapes
  const line = shapes[shape]
  return line ? { ...shapes, [shape]: { ...line, [part]: at } } : shapes
}

function inside({ x, y }: Point, { width, height }: Size): Point {
  return { x: Math.min(width, Math.max(0, x)), y: Math.min(height, Math.max(0, y)) }
}

/** Whole pixels, one at least. */
function rectOf(one: Point, other: Point, frame: Size): Rect {
  const x = Math.min(frame.width - 1, Math.floor(Math.min(one.x, other.x)))
  const y = Math.min(frame.height - 1, Math.floor(Math.min(one.y, other.y)))
  const width = Math.max(1, Math.round(Math.max(one.x, other.x)) - x)
  const height = Math.max(1, Math.round(Math.max(one.y, other.y)) - y)
  return { x, y, width: Math.min(width, frame.width - x), height: Math.min(height, frame.height - y) }
}
