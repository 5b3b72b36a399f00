const WHEEL_STEP = 1.0015
/** A pointer that moved less than this has not dragged. */
const TAP_PX = 4

/** What hands and wheels ask of a plot; positions and distances as parts of its width. */
export interface PlotMoves {
  zoom(factor: number, anchor: number): void
  pan(part: number): void
  /** A click or a tap that moved nothing. */
  tap?(part: number): void
}

/**
 * Turns wheel, drag and pinch over the plotting area into moves. A drag with Shift is left to the plot, which draws a
 * box with it. Ends when `signal` aborts.
 */
export function listenForGestures(area: HTMLElement, moves: PlotMoves, signal: AbortSignal): void {
  const fingers = new Map<number, number>()
  let begun: { x: number; y: number } | undefined
  const partOf = (clientX: number): number => {
    const { left, width } = area.getBoundingClientRect()
    return width === 0 ? 0 : (clientX - left) / width
  }

  const wheel = (event: WheelEvent): void => {
    event.preventDefault()
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY)
    if (sideways) moves.pan(event.deltaX / Math.max(1, area.clientWidth))
    else moves.zoom(WHEEL_STEP ** event.deltaY, partOf(event.clientX))
  }
  const down = (event: PointerEvent): void => {
    if (event.shiftKey || event.button !== 0) return
    area.setPointerCapture(event.pointerId)
    begun = fingers.size === 0 ? { x: event.clientX, y: event.clientY } : undefined
    fingers.set(event.pointerId, partOf(event.clientX))
  }
  const move = (event: PointerEvent): void => {
    const before = fingers.get(event.pointerId)
    if (before === undefined) return
    if (begun && Math.hypot(event.clientX - begun.x, event.clientY - begun.y) >= TAP_PX) begun = undefined
    if (begun) return
    const now = partOf(event.clientX)
    fingers.set(event.pointerId, now)
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1]
    if (other === undefined) moves.pan(before - now)
    else if (now !== other) moves.zoom(Math.abs(before - other) / Math.abs(now - other), other)
  }
  const up = (event: PointerEvent): void => {
    const wasDown = fingers.delete(event.pointerId)
    if (wasDown && begun && event.type === 'pointerup') moves.tap?.(partOf(event.clientX))
    begun = undefined
  }

  area.addEventListener('wheel', wheel, { passive: false, signal })
  area.addEventListener('pointerdown', down, { signal })
  area.addEventListener('pointermove', move, { signal })
  area.addEventListener('pointerup', up, { signal })
  area.addEventListener('pointercancel', up, { signal })
}
