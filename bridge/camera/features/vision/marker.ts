import aruco from 'js-aruco2'
import type { Found, Look } from './picture.ts'

/** ArUco markers (Garrido-Jurado et al. 2014), found by their borders and told by their bits. */
export class Markers {
  readonly #detector = new aruco.AR.Detector({ dictionaryName: 'ARUCO_MIP_36h12', maxHammingDistance: 4 })
  #rgba = new Uint8Array(0)

  find({ y, width, height }: Look): Found[] {
    if (this.#rgba.length !== y.length * 4) this.#rgba = new Uint8Array(y.length * 4)
    const rgba = this.#rgba
    for (let i = 0, at = 0; i < y.length; i++, at += 4) rgba[at] = rgba[at + 1] = rgba[at + 2] = y[i]!
    return this.#detector.detect({ width, height, data: rgba }).map(({ id, corners }) => {
      const xs = corners.map(({ x }) => x)
      const ys = corners.map(({ y: down }) => down)
      const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
      return {
        x: mean(xs),
        y: mean(ys),
        width: Math.max(...xs) - Math.min(...xs),
        height: Math.max(...ys) - Math.min(...ys),
        score: 1,
        label: id,
      }
    })
  }
}
