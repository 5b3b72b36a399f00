import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { View } from '../../bridge/camera/kinds/scene/view.ts'
import { startScene } from '../support/scene-bench.ts'
import { progress, rounded } from './statistics.ts'

const USUAL_FINDS = 3
const MOST_PX = 2
const FIND_MS = 120_000

const turret = { device: 'turret' }

/** What the demo bench says of its turret and camera, but for where they are. */
async function demo(): Promise<{ scene: Record<string, unknown>; fromHome: string }> {
  const file = await readFile(new URL('../../bench.yaml', import.meta.url), 'utf8')
  const { devices, simulators } = parse(file) as {
    devices: { eye: Record<string, unknown> }
    simulators: { program: string; args: string[] }[]
  }
  const { driver: _, title: _title, world: _world, ...scene } = devices.eye
  const args = simulators.find(({ program }) => program === 'grbl')?.args ?? []
  return { scene, fromHome: args[args.indexOf('--from-home') + 1] ?? '5,5' }
}

/**
 * The laser's spot, looked for on the demo bench with its moving targets and with the page's own defaults, so many times
 * (3 unless a number says otherwise): how often within 2 px of where it truly is, how often refused, how often wrong.
 */
export async function measure(): Promise<{
  finds: number
  right: number
  refused: number
  wrong: number
  worstPx: number
  meanMs: number
}> {
  const finds = Number(process.argv[3] ?? USUAL_FINDS)
  const { scene: asked, fromHome } = await demo()
  await using scene = await startScene(asked, { grbl: ['--from-home', fromHome] })
  const { client, source } = scene
  const { x, y } = new View(source).see(source.laserOffset, { pan: 0, tilt: 0 })
  await client.call('turret.home', turret)
  await client.call('turret.move', { ...turret, pan: 0, tilt: 0, wait: true })
  await client.call('laser.enable', turret)
  const away: number[] = []
  const refusals: string[] = []
  const begun = performance.now()
  for (let i = 0; i < finds; i++) {
    const result = await client.ask('sight.findCrosshair', { ...turret, powerPercent: 5 }, FIND_MS)
    if (result.ok) {
      const { x: foundX, y: foundY } = result.value as { x: number; y: number }
      away.push(Math.hypot(foundX - x, foundY - y))
      progress(`${i + 1}: ${away.at(-1)!.toFixed(2)} px away`)
    } else {
      refusals.push(result.error.message)
      progress(`${i + 1}: refused: ${result.error.message}`)
      if (result.error.code !== 'camera.failed') throw new Error(result.error.message)
    }
  }
  const wrong = away.filter((px) => px > MOST_PX).length
  return {
    finds,
    right: away.length - wrong,
    refused: refusals.length,
    wrong,
    worstPx: rounded(Math.max(0, ...away)),
    meanMs: Math.round((performance.now() - begun) / finds),
  }
}
