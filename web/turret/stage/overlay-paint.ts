import type { Pixel } from '../../../shared/turret/sight.ts'
import type { Thing } from '../../../shared/camera/vision.ts'
import { type FrameSize, type Place, seenAt } from './overlay-place.ts'

/** The colours that a canvas cannot read from CSS by itself. */
export interface OverlayColours {
  crosshair: string
  lit: string
  rehearsal: string
  target: string
  /** By detector. */
  things: Readonly<Record<Thing['detector'], string>>
}

/** What is to be drawn over one frame. */
export interface OverlayScene {
  place: Place
  frame: FrameSize
  things: readonly Thing[]
  wayOf: (track: number) => readonly Pixel[]
  nameOf: (thing: Thing) => string
  /** The identity that is tracked. */
  target: number | undefined
  crosshair: Pixel
  /** Where the laser's spot was found, or is being found; nobody has confirmed it yet. */
  spot: Pixel | undefined
  /** The middle of the picture, marked when the crosshair is elsewhere. */
  middle: Pixel | undefined
  light: 'dark' | 'lit' | 'rehearsal'
}

const SHADE = 'rgb(0 0 0 / 65%)'
const FONT = '600 12px system-ui, sans-serif'

/** Draws the scene over what the canvas shows of the picture; `scale` is the canvas' px a CSS px. */
export function paintOverlay(
  context: CanvasRenderingContext2D,
  scene: OverlayScene,
  colours: OverlayColours,
  scale: number,
): void {
  context.setTransform(1, 0, 0, 1, 0, 0)
  context.clearRect(0, 0, context.canvas.width, context.canvas.height)
  context.setTransform(scale, 0, 0, scale, 0, 0)
  context.lineCap = 'round'
  context.lineJoin = 'round'
  for (const thing of scene.things) paintThing(context, scene, thing, colours)
  if (scene.spot) paintSpot(context, scene, scene.spot, colours)
  paintCrosshair(context, scene, colours)
}

/** Two rings, and nothing in the middle: what is under them is to be seen. */
function paintSpot(
  context: CanvasRenderingContext2D,
  { place, frame }: OverlayScene,
  spot: Pixel,
  { lit }: OverlayColours,
): void {
  const { x, y } = seenAt(spot, frame, place)
  context.setLineDash([])
  for (const radius of [10, 20]) {
    const ring = new Path2D()
    ring.arc(x, y, radius, 0, 2 * Math.PI)
    stroke(context, ring, lit, 2)
  }
}

/** A line that is seen on light and on dark pictures. */
function stroke(context: CanvasRenderingContext2D, path: Path2D, colour: string, width: number): void {
  context.strokeStyle = SHADE
  context.lineWidth = width + 2
  context.stroke(path)
  context.strokeStyle = colour
  context.lineWidth = width
  context.stroke(path)
}

function paintThing(
  context: CanvasRenderingContext2D,
  { place, frame, wayOf, nameOf, target }: OverlayScene,
  thing: Thing,
  colours: OverlayColours,
): void {
  const isTarget = thing.track === target
  const colour = isTarget ? colours.target : colours.things[thing.detector]
  const way = new Path2D()
  for (const pixel of wayOf(thing.track)) {
    const { x, y } = seenAt(pixel, frame, place)
    way.lineTo(x, y)
  }
  context.setLineDash([])
  context.globalAlpha = 0.7
  context.strokeStyle = colour
  context.lineWidth = 1.5
  context.stroke(way)
  context.globalAlpha = 1

  const middle = seenAt(thing, frame, place)
  const width = Math.max(14, (thing.width / frame.width) * place.width)
  const height = Math.max(14, (thing.height / frame.height) * place.height)
  const [left, top] = [middle.x - width / 2, middle.y - height / 2]
  // What is only supposed to be there is drawn as that.
  context.setLineDash(thing.coasting ? [4, 5] : [])
  stroke(context, corners(left, top, width, height, isTarget), colour, isTarget ? 2.5 : 1.5)
  context.setLineDash([])

  context.font = FONT
  const text = nameOf(thing)
  const wide = context.measureText(text).width + 8
  const under = top - place.top < 20
  const x = Math.max(place.left, Math.min(place.left + place.width - wide, left))
  const y = under ? top + height + 3 : top - 19
  context.fillStyle = SHADE
  context.fillRect(x, y, wide, 16)
  context.fillStyle = colour
  context.textBaseline = 'middle'
  context.fillText(text, x + 4, y + 8.5)
}

function corners(left: number, top: number, width: number, height: number, whole: boolean): Path2D {
  const path = new Path2D()
  if (whole) {
    path.rect(left, top, width, height)
    return path
  }
  const long = Math.min(width, height) / 3
  for (const [x, dx] of [
    [left, long],
    [left + width, -long],
  ] as const) {
    for (const [y, dy] of [
      [top, long],
      [top + height, -long],
    ] as const) {
      path.moveTo(x + dx, y)
      path.lineTo(x, y)
      path.lineTo(x, y + dy)
    }
  }
  return path
}

function paintCrosshair(
  context: CanvasRenderingContext2D,
  { place, frame, crosshair, middle, light }: OverlayScene,
  colours: OverlayColours,
): void {
  if (middle) {
    const { x, y } = seenAt(middle, frame, place)
    const dot = new Path2D()
    dot.arc(x, y, 1.5, 0, 2 * Math.PI)
    context.globalAlpha = 0.6
    stroke(context, dot, colours.crosshair, 1)
    context.globalAlpha = 1
  }
  const { x, y } = seenAt(crosshair, frame, place)
  const lines = new Path2D()
  const [near, far] = [7, 26]
  for (const [dx, dy] of [
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
  ] as const) {
    lines.moveTo(x + dx * near, y + dy * near)
    lines.lineTo(x + dx * far, y + dy * far)
  }
  const ring = new Path2D()
  ring.arc(x, y, 14, 0, 2 * Math.PI)
  const colour = light === 'lit' ? colours.lit : light === 'rehearsal' ? colours.rehearsal : colours.crosshair
  stroke(context, lines, colour, 1.5)
  // Light is a full ring, a rehearsal a broken one: told apart without colour.
  context.setLineDash(light === 'rehearsal' ? [5, 5] : [])
  stroke(context, ring, colour, light === 'dark' ? 1 : 4)
  context.setLineDash([])
  if (light !== 'lit') return
  context.fillStyle = colours.lit
  context.beginPath()
  context.arc(x, y, 5, 0, 2 * Math.PI)
  context.fill()
}
