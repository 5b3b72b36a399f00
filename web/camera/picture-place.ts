/** Where a picture of this aspect lies in a box of this size that shows all of it, in px. */
export function pictureIn(
  box: { width: number; height: number },
  aspect: number,
): { left: number; top: number; width: number; height: number } {
  const width = Math.min(box.width, box.height * aspect)
  const height = width / aspect
  return { left: (box.width - width) / 2, top: (box.height - height) / 2, width, height }
}
