import { readFile } from 'node:fs/promises'
import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm'
import type { DetectorModel } from '../../../device/detector-model.ts'
import { type Answer, boxesIn } from './boxes.ts'
import type { Found, Look } from './picture.ts'

/** What was not covered by the picture, as models are trained with it. */
const MARGIN = 114

/** An object detector in the ONNX format, run by WebAssembly. */
export class Model {
  readonly #session: InferenceSession
  readonly #source: DetectorModel
  readonly #input: Float32Array

  private constructor(session: InferenceSession, source: DetectorModel) {
    this.#session = session
    this.#source = source
    this.#input = new Float32Array(3 * source.width * source.height)
  }

  /** Throws why it cannot be read. */
  static async open(source: DetectorModel): Promise<Model> {
    // Threads of WebAssembly would compete with the encoder for the same cores.
    env.wasm.numThreads = 1
    const session = await InferenceSession.create(await readFile(source.file))
    if (session.inputNames.length === 1) return new Model(session, source)
    throw new Error(`it wants ${session.inputNames.length} inputs: a detector has one, the picture`)
  }

  async find(look: Look, leastScore: number): Promise<Found[]> {
    const { width, height, form } = this.#source
    const scale = Math.min(width / look.width, height / look.height)
    const [left, top] = [(width - look.width * scale) / 2, (height - look.height * scale) / 2]
    this.#fill(look, scale, left, top)
    const input = new Tensor('float32', this.#input, [1, 3, height, width])
    const answers = await this.#session.run({ [this.#session.inputNames[0]!]: input })
    const tensors = new Map(
      Object.entries(answers).map(([name, { dims, data }]) => [name, { dims, data } as Answer]),
    )
    const [across, down] = form === 'ssd' ? [width, height] : [1, 1]
    const found = boxesIn(tensors, form, leastScore).map((box) => ({
      ...box,
      x: (box.x * across - left) / scale,
      y: (box.y * down - top) / scale,
      width: (box.width * across) / scale,
      height: (box.height * down) / scale,
    }))
    // What the model sees in the margin is not there.
    return found.filter(({ x, y }) => x >= 0 && y >= 0 && x < look.width && y < look.height)
  }

  /** The picture in the middle of the input, as red, green and blue planes (BT.601). */
  #fill({ y, u, v, width: from }: Look, scale: number, left: number, top: number): void {
    const { width, height, scale: times } = this.#source
    const plane = width * height
    const rows = y.length / from
    for (let row = 0, at = 0; row < height; row++) {
      const sourceRow = Math.floor((row + 0.5 - top) / scale)
      for (let column = 0; column < width; column++, at++) {
        const sourceColumn = Math.floor((column + 0.5 - left) / scale)
        const inside = sourceRow >= 0 && sourceRow < rows && sourceColumn >= 0 && sourceColumn < from
        if (!inside) {
          this.#input[at] = this.#input[at + plane] = this.#input[at + 2 * plane] = MARGIN * times
          continue
        }
        const chroma = (sourceRow >> 1) * (from >> 1) + (sourceColumn >> 1)
        const grey = 1.164 * (y[sourceRow * from + sourceColumn]! - 16)
        const [cb, cr] = [u[chroma]! - 128, v[chroma]! - 128]
        this.#input[at] = clamped(grey + 1.596 * cr) * times
        this.#input[at + plane] = clamped(grey - 0.392 * cb - 0.813 * cr) * times
        this.#input[at + 2 * plane] = clamped(grey + 2.017 * cb) * times
      }
    }
  }
}

function clamped(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value
}
