import { colourTable, type ColourMap, MAP_COLOURS } from './colour-maps.ts'
import type { Picture } from './decode.ts'
import type { Painter, Scene } from './look.ts'
import { FRAGMENT, VERTEX } from './shader.ts'

/** Where red is in a cell of two by two, by the name of the pattern. */
const RED: Record<string, readonly [number, number]> = {
  bayerRG: [0, 0],
  bayerGR: [1, 0],
  bayerGB: [0, 1],
  bayerBG: [1, 1],
}

/** Draws with WebGL2: samples go to the graphics card as they are, and become colours there. Undefined where there is none. */
export function openGlPainter(canvas: HTMLCanvasElement): Painter | undefined {
  const gl = canvas.getContext('webgl2', { antialias: false, depth: false, preserveDrawingBuffer: true })
  if (!gl) return undefined
  const program = link(gl)
  gl.useProgram(program)
  const place = (name: string): WebGLUniformLocation | null => gl.getUniformLocation(program, name)
  const [samples, map] = [texture(gl, 0), texture(gl, 1)]
  gl.uniform1i(place('samples'), 0)
  gl.uniform1i(place('map'), 1)
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1)
  let shape = ''
  let shownMap: ColourMap | undefined

  function upload({ header, samples: data }: Picture): void {
    const { width, height, format, bitDepth } = header
    const wide = bitDepth > 8
    const type = wide ? gl!.UNSIGNED_SHORT : gl!.UNSIGNED_BYTE
    const [layout, inside] =
      format === 'rgb'
        ? [gl!.RGB_INTEGER, wide ? gl!.RGB16UI : gl!.RGB8UI]
        : [gl!.RED_INTEGER, wide ? gl!.R16UI : gl!.R8UI]
    gl!.activeTexture(gl!.TEXTURE0)
    gl!.bindTexture(gl!.TEXTURE_2D, samples)
    const next = `${width} ${height} ${inside}`
    if (next === shape) gl!.texSubImage2D(gl!.TEXTURE_2D, 0, 0, 0, width, height, layout, type, data)
    else gl!.texImage2D(gl!.TEXTURE_2D, 0, inside, width, height, 0, layout, type, data)
    shape = next
  }

  function showMap(wanted: ColourMap): void {
    if (wanted === shownMap) return
    gl!.activeTexture(gl!.TEXTURE1)
    gl!.bindTexture(gl!.TEXTURE_2D, map)
    const { RGBA, UNSIGNED_BYTE, TEXTURE_2D } = gl!
    gl!.texImage2D(TEXTURE_2D, 0, RGBA, MAP_COLOURS, 1, 0, RGBA, UNSIGNED_BYTE, colourTable(wanted))
    shownMap = wanted
  }

  return {
    name: 'WebGL2',
    mostSide: gl.getParameter(gl.MAX_TEXTURE_SIZE) as number,
    paint(size, scene: Scene) {
      const { picture, look, scale, left, top, isNew } = scene
      const { width, height, format, bitDepth } = picture.header
      if (isNew || shape === '') upload(picture)
      showMap(look.map)
      gl.viewport(0, 0, size.width, size.height)
      gl.uniform2i(place('size'), width, height)
      gl.uniform2f(place('corner'), left, top)
      gl.uniform1f(place('canvasHeight'), size.height)
      gl.uniform1f(place('scale'), scale)
      gl.uniform1f(place('black'), look.black)
      gl.uniform1f(place('white'), look.white)
      gl.uniform1f(place('gamma'), look.gamma)
      gl.uniform1ui(place('full'), 2 ** bitDepth - 1)
      gl.uniform1i(place('saturation'), Number(look.saturation))
      gl.uniform1i(place('rgb'), Number(format === 'rgb'))
      const red = RED[format]
      gl.uniform2i(place('red'), red?.[0] ?? 0, red?.[1] ?? 0)
      gl.uniform1i(place('demosaic'), Number(red !== undefined && look.demosaic))
      gl.drawArrays(gl.TRIANGLES, 0, 3)
    },
    close() {
      gl.getExtension('WEBGL_lose_context')?.loseContext()
    },
  }
}

function texture(gl: WebGL2RenderingContext, unit: number): WebGLTexture {
  const made = gl.createTexture()
  gl.activeTexture(gl.TEXTURE0 + unit)
  gl.bindTexture(gl.TEXTURE_2D, made)
  for (const [name, value] of [
    [gl.TEXTURE_MIN_FILTER, gl.NEAREST],
    [gl.TEXTURE_MAG_FILTER, gl.NEAREST],
    [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE],
    [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE],
  ] as const) {
    gl.texParameteri(gl.TEXTURE_2D, name, value)
  }
  return made
}

function link(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram()
  for (const [type, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(type)
    if (!shader) throw new Error('the graphics card makes no shader')
    gl.shaderSource(shader, source)
    gl.compileShader(shader)
    gl.attachShader(program, shader)
  }
  gl.linkProgram(program)
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) {
    throw new Error(`the shader does not link: ${gl.getProgramInfoLog(program) ?? ''}`)
  }
  return program
}
