/** A cell as the microscope shows it: how much of the light it lets through, 4096 for all of it. Square, odd size. */
export interface CellSprite {
  size: number
  transmission: Uint16Array
}

/** All of the light, and as the shift that divides by it. */
export const CLEAR_BITS = 12
const CLEAR = 2 ** CLEAR_BITS

function smooth(edge: number, width: number, x: number): number {
  const t = Math.min(1, Math.max(0, (x - edge) / width + 0.5))
  return t * t * (3 - 2 * t)
}

/** A cell of about `radius` px; `blur` px is how far out of focus it lies. `even` gives numbers in [0, 1). */
export function drawCell(radius: number, blur: number, even: () => number): CellSprite {
  const reach = Math.ceil(radius * 1.15 + blur * 2 + 2)
  const size = reach * 2 + 1
  const transmission = new Uint16Array(size * size)
  const soft = 1.2 + blur * 2
  // Depth is lost with focus: the same light is taken from a wider place.
  const contrast = 1 / (1 + blur * 0.35)
  const stretch = 0.88 + even() * 0.24
  const turn = even() * Math.PI
  const nucleus = {
    x: (even() - 0.5) * radius * 0.5,
    y: (even() - 0.5) * radius * 0.5,
    r: radius * (0.3 + even() * 0.15),
  }
  const granules = Array.from({ length: 4 + Math.floor(even() * 9) }, () => {
    const at = even() * 2 * Math.PI
    const out = Math.sqrt(even()) * radius * 0.8
    return { x: Math.cos(at) * out, y: Math.sin(at) * out, r: 0.8 + even() * 1.4, depth: 0.1 + even() * 0.2 }
  })
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      const along = (x * Math.cos(turn) + y * Math.sin(turn)) * stretch
      const across = (y * Math.cos(turn) - x * Math.sin(turn)) / stretch
      const distance = Math.hypot(along, across)
      const inside = 1 - smooth(radius, soft, distance)
      const membrane = Math.exp(-(((distance - radius) / (1.3 + blur)) ** 2)) * 0.34
      const core = (1 - smooth(nucleus.r, soft * 1.5, Math.hypot(x - nucleus.x, y - nucleus.y))) * 0.2
      let taken = inside * 0.1 + membrane + core
      for (const g of granules) {
        const spread = g.r + blur
        taken += g.depth * (g.r / spread) * Math.exp(-((x - g.x) ** 2 + (y - g.y) ** 2) / spread ** 2)
      }
      // The bright line around a cell that lies a little off focus (Becke line).
      const halo = Math.exp(-(((distance - radius - 2.5 - blur) / (1.5 + blur)) ** 2)) * 0.05
      const passed = 1 - Math.min(0.85, taken * contrast) + halo * contrast
      transmission[(y + reach) * size + x + reach] = Math.round(passed * CLEAR)
    }
  }
  return { size, transmission }
}
