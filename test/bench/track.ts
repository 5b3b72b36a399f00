import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { Path } from '../../bridge/camera/kinds/scene/path.ts'
import type { SceneSource } from '../../bridge/camera/kinds/scene/source.ts'
import type { Detectors } from '../../shared/camera/vision.ts'
import type { TurretState } from '../../shared/turret/turret.ts'
import { worldLine } from '../../shared/turret/world.ts'
import { startScene } from '../support/scene-bench.ts'
import { progress, rounded } from './statistics.ts'

const SETTLE_MS = 2000
const NEAR_DEGREES = 3
/** Once around the figure: 88 degrees. */
const MEASURE_MS = 4500

/** What is looked for, and what it is looked for with. */
const runs: Record<string, { target: Record<string, unknown>; detectors: Detectors }> = {
  spot: { target: { look: 'spot', size: 0.6 }, detectors: { spot: { contrast: 40, smallestArea: 6 } } },
  marker: { target: { look: 'marker', size: 4 }, detectors: { marker: {} } },
  colour: {
    target: { look: 'disk', size: 1.5, colour: [-0.4, 0.8] },
    detectors: { colour: { blueness: -0.36, redness: 0.71, tolerance: 0.25, smallestArea: 40 } },
  },
  motion: {
    target: { look: 'disk', size: 1.5 },
    detectors: { motion: { sensitivity: 0.5, smallestArea: 300, cameraMoves: true } },
  },
}

/**
 * A target at 20 degrees a second on a figure of eight, tracked in the closed loop of simulated turret and camera: how
 * far it truly is from the crosshair, RMS, in px of 640x480 at 30 fps, and the time from a frame to the motion command.
 */
export async function measure(): Promise<Record<string, { rmsPx: number; latencyMs: number }>> {
  const result: Record<string, { rmsPx: number; latencyMs: number }> = {}
  const wanted = process.argv.slice(3)
  for (const [name, { target, detectors }] of Object.entries(runs)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    await using scene = await startScene({
      colour: name === 'colour',
      targets: [{ path: 'eight', speed: 20, ...target }],
    })
    const { client, sim, source } = scene
    await client.call('turret.home', { device: 'turret' })
    await client.call('turret.move', { device: 'turret', pan: 0, tilt: 0, wait: true })
    const fit = await client.call('sight.calibrate', { device: 'turret' })
    progress(`${name}: calibrated to ${fit.residualPx} px, ${fit.pixelsPerDegree} px a degree`)
    await client.call('vision.set', { device: 'eye', fps: 30, detectors })
    await inView(source)
    await client.call('track.start', { device: 'turret' })
    await sleep(SETTLE_MS)
    const rmsPx = await trueError(sim.world, source)
    const { tracking } = (await scene.turret()) as TurretState
    progress(`${name}: ${JSON.stringify(tracking)}`)
    result[name] = { rmsPx: rounded(rmsPx), latencyMs: tracking?.latencyMs ?? NaN }
  }
  return result
}

/** Waits until the target passes near the middle of a picture taken at 0 degrees: what is tracked is to be it. */
async function inView(source: SceneSource): Promise<void> {
  const way = new Path(source.targets[0]!)
  const away = (): number => {
    const { pan, tilt } = way.at(Number(process.hrtime.bigint() / 1000n) / 1e6)
    return Math.hypot(pan, tilt)
  }
  while (away() > NEAR_DEGREES) await sleep(10)
}

/** From where the turret truly points and where the target truly is, both by the simulators' own clock. */
async function trueError(port: number, source: SceneSource): Promise<number> {
  const way = new Path(source.targets[0]!)
  const pixelsPerDegree = source.width / source.fieldDegrees
  const socket = connect({ host: '127.0.0.1', port })
  let [sum, count] = [0, 0]
  createInterface(socket).on('line', (line) => {
    const { ns, mm } = worldLine.parse(JSON.parse(line))
    const target = way.at(Number(BigInt(ns) / 1000n) / 1e6)
    const pan = target.pan - (mm[0] - source.pan.zeroMm) / source.pan.mmPerDegree
    const tilt = target.tilt - (mm[1] - source.tilt.zeroMm) / source.tilt.mmPerDegree
    sum += (pan * pan + tilt * tilt) * pixelsPerDegree ** 2
    count += 1
  })
  await sleep(MEASURE_MS)
  socket.destroy()
  return Math.sqrt(sum / count)
}
