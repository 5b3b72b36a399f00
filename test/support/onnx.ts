/** A field of a protocol buffer: numbers as varints, all else by its length (protobuf encoding). */
function field(number: number, value: number | string | Uint8Array): Uint8Array {
  if (typeof value === 'number') return Uint8Array.from([...varint(number << 3), ...varint(value)])
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value
  return Uint8Array.from([...varint((number << 3) | 2), ...varint(bytes.length), ...bytes])
}

function varint(value: number): number[] {
  const bytes: number[] = []
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return [...bytes, left]
    bytes.push((left % 128) | 128)
  }
}

function message(...fields: Uint8Array[]): Uint8Array {
  return Uint8Array.from(fields.flatMap((bytes) => [...bytes]))
}

const FLOAT = 1
const INT64 = 7

function tensor(
  name: string,
  type: number,
  dims: number[],
  values: Float32Array | BigInt64Array,
): Uint8Array {
  const raw = new Uint8Array(values.buffer)
  return message(...dims.map((dim) => field(1, dim)), field(2, type), field(8, name), field(9, raw))
}

function value(name: string, dims: number[]): Uint8Array {
  const shape = message(...dims.map((dim) => field(1, field(1, dim))))
  return message(field(1, name), field(2, field(1, message(field(1, FLOAT), field(2, shape)))))
}

function node(type: string, inputs: string[], output: string, attributes: Uint8Array[] = []): Uint8Array {
  return message(
    ...inputs.map((name) => field(1, name)),
    field(2, output),
    field(4, type),
    ...attributes.map((bytes) => field(5, bytes)),
  )
}

const whole = (name: string, number: number): Uint8Array =>
  message(field(1, name), field(3, number), field(20, 2))
const wholes = (name: string, numbers: number[]): Uint8Array =>
  message(field(1, name), ...numbers.map((number) => field(8, number)), field(20, 7))

/**
 * An ONNX model laid out as YOLOv8's: input [1, 3, side, side], answer [1, 6, n]: a box a cell, its middle where the
 * cell is, its score for class 0 nothing and for class 1 how bright the cell is.
 */
export function brightCellModel(side: number, cell: number): Uint8Array {
  const across = side / cell
  const count = across * across
  const boxes = new Float32Array(5 * count)
  for (let i = 0; i < count; i++) {
    boxes[i] = ((i % across) + 0.5) * cell
    boxes[count + i] = (Math.floor(i / across) + 0.5) * cell
    boxes[2 * count + i] = boxes[3 * count + i] = cell
  }
  const graph = message(
    field(1, node('ReduceMean', ['picture'], 'grey', [wholes('axes', [1]), whole('keepdims', 1)])),
    field(
      1,
      node('AveragePool', ['grey'], 'cells', [
        wholes('kernel_shape', [cell, cell]),
        wholes('strides', [cell, cell]),
      ]),
    ),
    field(1, node('Reshape', ['cells', 'shape'], 'scores')),
    field(1, node('Concat', ['boxes', 'scores'], 'answer', [whole('axis', 1)])),
    field(2, 'bright cells'),
    field(5, tensor('boxes', FLOAT, [1, 5, count], boxes)),
    field(5, tensor('shape', INT64, [3], BigInt64Array.from([1n, 1n, BigInt(count)]))),
    field(11, value('picture', [1, 3, side, side])),
    field(12, value('answer', [1, 6, count])),
  )
  return message(field(1, 8), field(7, graph), field(8, message(field(1, ''), field(2, 13))))
}
