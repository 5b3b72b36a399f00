// The package has no types of its own.
declare module 'js-aruco2' {
  export interface GreyImage {
    width: number
    height: number
    data: Uint8Array | number[]
  }
  export interface Corner {
    x: number
    y: number
  }
  export interface Marker {
    id: number
    corners: Corner[]
    hammingDistance: number
  }
  class Dictionary {
    constructor(name: string)
    readonly codeList: string[]
  }
  class Detector {
    constructor(config: { dictionaryName: string; maxHammingDistance?: number })
    grey: GreyImage
    detect(image: { width: number; height: number; data: Uint8Array }): Marker[]
  }
  const aruco: { AR: { Dictionary: typeof Dictionary; Detector: typeof Detector } }
  export default aruco
}
