import type { CameraFeatures, DeviceSettings, Region } from '../../../../shared/camera/camera-features.ts'
import { offsetRange, sideRange, snap } from './grid.ts'
import { type Named, number } from './named.ts'
import { pixelLayout } from './pixels.ts'

type Shape = Pick<DeviceSettings, 'region' | 'binning' | 'pixelFormat'>
/** What decides how a frame lies in memory: the stream stands still while it changes. */
export const SHAPING = ['binning', 'pixelFormat', 'region'] as const

interface ShapeState {
  features: Pick<CameraFeatures, 'region' | 'binning' | 'pixelFormat'>
  settings: Shape & { region: Region; pixelFormat: string }
}

/** How frames lie in memory, and how they could. */
export async function readShape(named: Named): Promise<ShapeState> {
  const state: ShapeState = {
    features: {},
    settings: { region: await readRegion(named), pixelFormat: (await named.text('PixelFormat')) ?? '' },
  }
  const { aravis } = named
  if (await named.ask(aravis.hasBinning)) {
    const across = await named.integerRange('BinningHorizontal')
    const down = await named.integerRange('BinningVertical')
    const max = Math.min(across.max, down.max)
    if (max > 1) {
      state.features.binning = { kind: 'number', min: Math.max(across.min, down.min, 1), max, step: 1 }
      state.settings.binning = number(await named.ask(aravis.integer, 'BinningHorizontal'))
    }
  }
  const formats = (await named.choices('PixelFormat')).filter((name) => pixelLayout(name))
  if (formats.length > 0) state.features.pixelFormat = { kind: 'choice', choices: formats }
  state.features.region = { kind: 'region', ...(await readRegionRanges(named, state.settings)) }
  return state
}

async function readRegion({ aravis, ask }: Named): Promise<Region> {
  const [x, y, width, height]: [[number], [number], [number], [number]] = [[0], [0], [0], [0]]
  await ask(aravis.region, x, y, width, height)
  return { x: x[0], y: y[0], width: width[0], height: height[0] }
}

async function readRegionRanges(named: Named, { region, binning = 1 }: ShapeState['settings']) {
  const side = async (name: 'Width' | 'Height', offset: 'OffsetX' | 'OffsetY', begins: number) => {
    const own = await named.integerRange(name)
    // What Width can be at most depends, on some cameras, on where the region begins just now.
    const reach =
      (await named.integer(`${name}Max`)) ??
      sensorReach(await named.integer(`Sensor${name}`), binning) ??
      own.max + begins
    const range = sideRange(own, reach)
    const moves = (await named.has(offset)) ? await named.integerRange(offset) : undefined
    return { range, offset: moves ? offsetRange(moves, range) : { min: 0, max: 0, step: 1, unit: 'px' } }
  }
  const across = await side('Width', 'OffsetX', region.x)
  const down = await side('Height', 'OffsetY', region.y)
  return { x: across.offset, y: down.offset, width: across.range, height: down.range }
}

function sensorReach(pixels: number | undefined, binning: number): number | undefined {
  return pixels === undefined ? undefined : Math.floor(pixels / binning)
}

/** Sets what is asked for; then what is left of the region is made to fit. Rejects with the camera's reason. */
export async function writeShape(named: Named, wanted: Shape): Promise<void> {
  const { aravis } = named
  if (wanted.binning !== undefined) await named.ask(aravis.setBinning, wanted.binning, wanted.binning)
  if (wanted.pixelFormat !== undefined) await named.ask(aravis.setText, 'PixelFormat', wanted.pixelFormat)
  const { features, settings } = await readShape(named)
  const ranges = features.region
  if (ranges?.kind !== 'region') return
  const now = settings.region
  const region = wanted.region ?? now
  const fits = (at: keyof Region, most: number): number => {
    const { min, step = 1 } = ranges[at]
    return snap(region[at], { min, max: most, step })
  }
  const width = fits('width', ranges.width.max)
  const height = fits('height', ranges.height.max)
  const x = fits('x', ranges.width.max - width)
  const y = fits('y', ranges.height.max - height)
  if (x === now.x && y === now.y && width === now.width && height === now.height) return
  // A region that would reach beyond the sensor on its way to where it goes is refused by some.
  if (await named.has('OffsetX'))
    await named.ask(aravis.setRegion, 0, 0, now.width, now.height).catch(() => {})
  await named.ask(aravis.setRegion, x, y, width, height)
}

/** Whether two shapes come out of the same memory layout. */
export function isSameShape(a: ShapeState['settings'], b: ShapeState['settings']): boolean {
  return (
    a.pixelFormat === b.pixelFormat &&
    a.region.width === b.region.width &&
    a.region.height === b.region.height
  )
}
