// The package has no types of its own: these are those of what is used of it.
declare module 'js-aruco2' {
  export interface Marker {
    id: number
    corners: { x: number; y: number }[]
  }
  export interface Dictionary {
    readonly codeList: string[]
  }
  export interface Detector {
    detect(image: { width: number; height: number; data: Uint8Array }): Marker[]
  }
  interface Aruco {
    AR: {
      Dictionary: new (name: string) => Dictionary
      Detector: new (config: { dictionaryName: string; maxHammingDistance?: number }) => Detector
    }
  }
  const aruco: Aruco
  // eslint-disable-next-line no-restricted-syntax -- it is CommonJS, whose names Node does not find
  export default aruco
}
