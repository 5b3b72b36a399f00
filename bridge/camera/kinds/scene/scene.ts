import { type Canvas, drawGround, lay, shine, soft } from './draw.ts'
import { makeGround } from './ground.ts'
import { isWhite, markerBits } from './marker.ts'
import { Path } from './path.ts'
import type { SceneSource, SceneTarget } from './source.ts'
import { type Point, View } from './view.ts'

const SPOT = 3600
const DISK = 2300
const POST = 420
const LASER_RADIUS_PX = 3.5
/** Full power saturates the sensor. */
const LASER = 6000

interface Direction {
  pan: number
  tilt: number
}

interface Target extends SceneTarget {
  way: Path
  bits: string | undefined
}

/** What there is in front of the turret, and what a camera sees of it. */
export class Scene implements Canvas {
  readonly width: number
  readonly height: number
  readonly light: Uint16Array
  readonly view: View
  readonly #source: SceneSource
  readonly #ground: Uint16Array
  readonly #targets: Target[]

  private constructor(source: SceneSource, targets: Target[]) {
    this.width = source.width
    this.height = source.height
    this.light = new Uint16Array(source.width * source.height)
    this.view = new View(source)
    this.#source = source
    this.#ground = makeGround(source.seed)
    this.#targets = targets
  }

  static async make(source: SceneSource): Promise<Scene> {
    const targets = source.targets.map(async (target) => ({
      ...target,
      way: new Path(target),
      bits: target.look === 'marker' ? await markerBits(target.marker) : undefined,
    }))
    return new Scene(source, await Promise.all(targets))
  }

  /** Draws what is seen at `seconds` of process.hrtime when the turret points at `turret` and emits `power`, 0 to 1. */
  draw(seconds: number, turret: Direction, power: number): void {
    const { mount, at, laserOffset, occluders } = this.#source
    const camera = mount === 'turret' ? turret : at
    const { view } = this
    const corner = view.upright(-(this.width - 1) / 2, -(this.height - 1) / 2)
    drawGround(this, this.#ground, view, {
      x: camera.pan * view.pixelsPerDegree + corner.x,
      y: -camera.tilt * view.pixelsPerDegree + corner.y,
    })
    for (const target of this.#targets) this.#drawTarget(target, view.see(target.way.at(seconds), camera))
    for (const { width, height, ...post } of occluders)
      this.#drawPost(view.see(post, camera), width * view.pixelsPerDegree, height * view.pixelsPerDegree)
    if (power > 0) {
      const hit = { pan: turret.pan + laserOffset.pan, tilt: turret.tilt + laserOffset.tilt }
      shine(this, view.see(hit, camera), LASER_RADIUS_PX, LASER * power)
    }
  }

  /** Cb and Cr of 4:2:0 for what has a colour. */
  colour(seconds: number, turret: Direction, u: Uint8Array, v: Uint8Array): void {
    u.fill(128)
    v.fill(128)
    const camera = this.#source.mount === 'turret' ? turret : this.#source.at
    const across = this.width / 2
    for (const { colour, way, size } of this.#targets) {
      if (!colour) continue
      const { x, y } = this.view.see(way.at(seconds), camera)
      const radius = (size * this.view.pixelsPerDegree) / 4
      for (
        let py = Math.max(0, Math.ceil(y / 2 - radius));
        py < Math.min(this.height / 2, y / 2 + radius);
        py++
      )
        for (let px = Math.max(0, Math.ceil(x / 2 - radius)); px < Math.min(across, x / 2 + radius); px++) {
          if (Math.hypot(px - x / 2, py - y / 2) > radius) continue
          u[py * across + px] = 128 + colour[0] * 100
          v[py * across + px] = 128 + colour[1] * 100
        }
    }
  }

  #drawTarget({ look, size, bits }: Target, at: Point): void {
    const radius = (size * this.view.pixelsPerDegree) / 2
    if (bits === undefined) {
      const brightness = look === 'spot' ? SPOT : DISK
      const cover = (x: number, y: number): number => soft(radius - Math.hypot(x, y))
      lay(this, at, radius + 2, () => brightness, cover)
      return
    }
    const inside = (x: number, y: number): Point => this.view.upright(x, y)
    const brightness = (x: number, y: number): number => {
      const { x: right, y: down } = inside(x, y)
      return isWhite(bits, right / (2 * radius) + 0.5, down / (2 * radius) + 0.5) ? 2600 : 300
    }
    const cover = (x: number, y: number): number => {
      const { x: right, y: down } = inside(x, y)
      return Math.abs(right) < radius && Math.abs(down) < radius ? 1 : 0
    }
    lay(this, at, radius * 1.5, brightness, cover)
  }

  #drawPost(at: Point, width: number, height: number): void {
    const cover = (x: number, y: number): number => {
      const upright = this.view.upright(x, y)
      return soft(Math.min(width / 2 - Math.abs(upright.x), height / 2 - Math.abs(upright.y)))
    }
    lay(this, at, Math.hypot(width, height) / 2 + 2, () => POST, cover)
  }
}
