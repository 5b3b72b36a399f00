import { AT_ONCE_MS, type Case, comeBack, resetStop, say, SILENCE_MS } from './turret-safety-case.ts'
import { until } from '../support/lit-bench.ts'
import { turret } from './turret-safety-rig.ts'
import { byAutoFire, byHand, byPattern, inGap, PULSE, type Scene } from './turret-safety-scene.ts'

/** Where nobody can end it any more the controller does, with the pulse: and what it and the clock need beside that. */
const PULSE_MS = PULSE.pulseMs + 60

const restart = async (scene: Scene): Promise<void> => {
  await scene.bench.restart()
  await scene.bench.opened()
  await comeBack(scene)
}
const openAgain = ({ bench }: Scene): Promise<void> => bench.opened()

/** What the controller does; without power it comes last, since nobody knows then for 10 s what was emitted. */
export const controllerCases: readonly Case[] = [
  {
    name: 'a limit switch is hit, and the alarm cleared',
    withinMs: AT_ONCE_MS,
    lose: ({ bench }) => bench.sim.fault('LIMIT X'),
    restore: async ({ bench, operator }) => {
      bench.sim.fault('RELEASE X')
      await until('it is homed', async () => (await operator.client.ask('turret.home', turret)).ok)
    },
  },
  {
    name: 'the controller says nothing any more, and speaks again',
    withinMs: PULSE_MS,
    begin: byHand(PULSE),
    lose: ({ bench }) => bench.sim.fault('SILENT'),
    restore: ({ bench }) => bench.sim.fault('WELL'),
  },
  {
    name: 'the controller loses its power, and comes back',
    withinMs: AT_ONCE_MS,
    lose: ({ bench }) => bench.sim.fault('POWER'),
    restore: openAgain,
  },
]

/** What the bridge does, and the line between the two. */
export const bridgeCases: readonly Case[] = [
  {
    name: 'the bridge is ended, and begins anew',
    withinMs: AT_ONCE_MS,
    lose: ({ bench }) => bench.bridge.child.kill('SIGTERM'),
    restore: restart,
  },
  {
    name: 'the bridge is killed in a pulse, and begins anew',
    withinMs: PULSE_MS,
    begin: byHand(PULSE),
    lose: ({ bench }) => bench.bridge.child.kill('SIGKILL'),
    restore: restart,
  },
  {
    name: 'the bridge is killed between two pulses, and begins anew',
    withinMs: 0,
    begin: inGap,
    lose: ({ bench }) => bench.bridge.child.kill('SIGKILL'),
    restore: restart,
  },
  {
    name: 'the cable is cut in a pulse, and plugged in again',
    withinMs: PULSE_MS,
    begin: byHand(PULSE),
    lose: ({ bench }) => bench.sim.fault('DROP'),
    restore: openAgain,
  },
  {
    name: 'the cable is cut between two pulses, and plugged in again',
    withinMs: 0,
    begin: inGap,
    lose: ({ bench }) => bench.sim.fault('DROP'),
    restore: openAgain,
  },
]

/** What the bridge fires by itself; the stop comes last, since it lets the calibration lapse. */
export const byItselfCases: readonly Case[] = [
  {
    name: 'auto-fire is disarmed',
    withinMs: AT_ONCE_MS,
    begin: byAutoFire,
    lose: (scene) => say(scene, 'autofire.disarm', turret),
    // The tracking of which was held for the burst.
    restore: ({ operator }) =>
      until('it is tracked', async () => (await operator.turret()).tracking?.state === 'locked'),
  },
  {
    name: 'tracking ends while auto-fire fires, and begins again',
    withinMs: AT_ONCE_MS,
    begin: byAutoFire,
    lose: (scene) => say(scene, 'track.stop', turret),
    restore: ({ operator }) =>
      until('it is tracked again', async () => (await operator.client.ask('track.start', turret)).ok),
  },
  {
    name: 'the laser is disabled while auto-fire fires',
    withinMs: AT_ONCE_MS,
    begin: byAutoFire,
    lose: (scene) => say(scene, 'laser.disable', turret),
  },
  {
    name: 'the lease is released while auto-fire fires, and taken again',
    withinMs: AT_ONCE_MS,
    begin: byAutoFire,
    lose: (scene) => say(scene, 'lease.release', {}),
    restore: ({ operator }) => operator.client.call('lease.take', {}),
  },
  {
    name: 'the page says nothing any more while auto-fire fires, and beats again',
    withinMs: SILENCE_MS,
    begin: byAutoFire,
    lose: ({ operator }) => operator.fallSilent(),
    restore: ({ operator }) => operator.beat(),
  },
  {
    name: 'the target is seen elsewhere while auto-fire fires, and comes back',
    withinMs: AT_ONCE_MS,
    begin: byAutoFire,
    lose: (scene) => say(scene, 'sight.crosshair', { ...turret, x: 100, y: 100 }),
    restore: (scene) => say(scene, 'sight.crosshair', { ...turret, x: 319.5, y: 239.5 }),
  },
  {
    name: 'nothing is seen any more while auto-fire fires, and is seen again',
    withinMs: SILENCE_MS,
    begin: byAutoFire,
    lose: (scene) => say(scene, 'vision.set', { device: 'eye', fps: 30, detectors: {} }),
    restore: (scene) => say(scene, 'vision.set', { device: 'eye', fps: 30, detectors: { spot: {} } }),
  },
  {
    name: "the camera's process dies while auto-fire fires, and is begun anew",
    withinMs: SILENCE_MS,
    begin: byAutoFire,
    lose: async (scene) => {
      const camera = await scene.bench.cameraPid()
      scene.lost()
      process.kill(camera, 'SIGKILL')
    },
  },
  {
    name: 'a pattern is stopped while it fires',
    withinMs: AT_ONCE_MS,
    begin: byPattern,
    lose: (scene) => say(scene, 'pattern.stop', turret),
  },
  {
    name: 'a pattern is paused while it fires',
    withinMs: AT_ONCE_MS,
    begin: byPattern,
    lose: (scene) => say(scene, 'pattern.pause', turret),
  },
  {
    name: 'an interlock opens while a pattern fires, and closes',
    withinMs: AT_ONCE_MS,
    begin: byPattern,
    lose: (scene) => say(scene, 'interlock.set', { interlock: 'key', closed: false }),
    restore: (scene) => say(scene, 'interlock.set', { interlock: 'key', closed: true }),
  },
  {
    name: 'the page says nothing any more while a pattern fires, and beats again',
    withinMs: SILENCE_MS,
    begin: byPattern,
    lose: ({ operator }) => operator.fallSilent(),
    restore: ({ operator }) => operator.beat(),
  },
  {
    name: 'the emergency stop while auto-fire fires, and is reset',
    withinMs: AT_ONCE_MS,
    begin: byAutoFire,
    lose: (scene) => say(scene, 'estop.press', {}),
    restore: resetStop,
  },
]
