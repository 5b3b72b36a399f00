import type { Point } from './profile.ts'

/** How a whole frame lies under the window: what is in the window's middle, and how large a pixel is, CSS px. */
export interface View {
  x: number
  y: number
  zoom: number
}

/** A size in CSS px, or in pixels of the frame. */
export interface Size {
  width: number
  height: number
}

const MOST_ZOOM = 128
/** The whole frame never gets smaller than this part of the window. */
const LEAST_SHARE = 0.25

/** All of the frame in the middle of the window. */
export function fitted(frame: Size, window: Size): View {
  return { x: frame.width / 2, y: frame.height / 2, zoom: fit(frame, window) }
}

function fit(frame: Size, window: Size): number {
  return Math.min(window.width / frame.width, window.height / frame.height)
}

export function toFrame(view: View, window: Size, at: Point): Point {
  return {
    x: view.x + (at.x - window.width / 2) / view.zoom,
    y: view.y + (at.y - window.height / 2) / view.zoom,
  }
}

export function toWindow(view: View, window: Size, at: Point): Point {
  return {
    x: (at.x - view.x) * view.zoom + window.width / 2,
    y: (at.y - view.y) * view.zoom + window.height / 2,
  }
}

/** Larger by a factor, with what is at `anchor` (CSS px in the window) staying where it is. */
export function zoomed(view: View, frame: Size, window: Size, factor: number, anchor: Point): View {
  const least = Math.min(1, fit(frame, window) * LEAST_SHARE)
  const zoom = Math.min(MOST_ZOOM, Math.max(least, view.zoom * factor))
  const fixed = toFrame(view, window, anchor)
  const middle = { x: anchor.x - window.width / 2, y: anchor.y - window.height / 2 }
  return kept({ x: fixed.x - middle.x / zoom, y: fixed.y - middle.y / zoom, zoom }, frame)
}

/** Moved along with a hand by so many CSS px. */
export function panned(view: View, frame: Size, by: Point): View {
  return kept({ ...view, x: view.x - by.x / view.zoom, y: view.y - by.y / view.zoom }, frame)
}

/** The window's middle stays over the frame: nobody should have to look for it. */
function kept(view: View, frame: Size): View {
  return {
    zoom: view.zoom,
    x: Math.min(frame.width, Math.max(0, view.x)),
    y: Math.min(frame.height, Math.max(0, view.y)),
  }
}
