import type { Point } from './profile.ts'

const WHEEL_STEP = 1.0015

/** What hands and wheels ask of the picture; places and distances in CSS px from its corner. */
export interface Moves {
  zoom(factor: number, anchor: Point): void
  pan(by: Point): void
  /** Whether a drag draws instead of moving. */
  draws(): boolean
  draw(from: Point, to: Point): void
  point(at: Point | undefined): void
}

/** Turns wheel, drag and pinch over an area into moves. Two fingers, and the middle button, always move. Ends when `signal` aborts. */
export function listenForPointing(area: HTMLElement, moves: Moves, signal: AbortSignal): void {
  const fingers = new Map<number, Point>()
  let drawing: Point | undefined
  const placeOf = ({ clientX, clientY }: MouseEvent): Point => {
    const { left, top } = area.getBoundingClientRect()
    return { x: clientX - left, y: clientY - top }
  }

  const wheel = (event: WheelEvent): void => {
    event.preventDefault()
    moves.zoom(WHEEL_STEP ** -event.deltaY, placeOf(event))
  }
  const down = (event: PointerEvent): void => {
    if (event.button === 2) return
    area.setPointerCapture(event.pointerId)
    const at = placeOf(event)
    fingers.set(event.pointerId, at)
    drawing = fingers.size === 1 && event.button === 0 && moves.draws() ? at : undefined
  }
  const move = (event: PointerEvent): void => {
    const at = placeOf(event)
    moves.point(at)
    const before = fingers.get(event.pointerId)
    if (!before) return
    fingers.set(event.pointerId, at)
    if (drawing) moves.draw(drawing, at)
    else if (fingers.size === 1) moves.pan({ x: at.x - before.x, y: at.y - before.y })
    else pinch(event.pointerId, before, at)
  }
  const pinch = (id: number, before: Point, at: Point): void => {
    const other = [...fingers].find(([each]) => each !== id)?.[1]
    if (!other) return
    const length = (point: Point): number => Math.hypot(point.x - other.x, point.y - other.y)
    if (length(before) > 0) moves.zoom(length(at) / length(before), other)
  }
  const up = (event: PointerEvent): void => {
    fingers.delete(event.pointerId)
    drawing = undefined
  }

  area.addEventListener('wheel', wheel, { passive: false, signal })
  area.addEventListener('pointerdown', down, { signal })
  area.addEventListener('pointermove', move, { signal })
  area.addEventListener('pointerup', up, { signal })
  area.addEventListener('pointercancel', up, { signal })
  area.addEventListener('pointerleave', () => moves.point(undefined), { signal })
}
