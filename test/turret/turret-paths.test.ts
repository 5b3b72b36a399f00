import { expect, it, onTestFinished, vi } from 'vitest'
import { View } from '../../bridge/camera/kinds/scene/view.ts'
import type { Direction, TurretState } from '../../shared/turret/turret.ts'
import { startScene } from '../support/scene-bench.ts'

vi.setConfig({ testTimeout: 90_000 })

const SLOW = { timeout: 30_000, interval: 50 }
const turret = { device: 'turret' }
const STILL = { path: 'still', centre: { pan: 3, tilt: 2 } }

async function opened(...args: Parameters<typeof startScene>) {
  const scene = await startScene(...args)
  onTestFinished(() => scene[Symbol.asyncDispose]())
  const { client } = scene
  const state = async () => (await scene.turret()) as TurretState
  const goTo = async (pan: number, tilt: number) =>
    void (await client.call('turret.move', { ...turret, pan, tilt, wait: true }))
  await client.call('turret.home', turret)
  return { ...scene, state, goTo }
}

/** The words of tracking's state from now on, each once as it comes. */
async function trackingStates(client: Awaited<ReturnType<typeof opened>>['client']): Promise<string[]> {
  const states: string[] = []
  client.socket.on('patch', ({ topic, patch }) => {
    const { state } = (patch['tracking'] ?? {}) as { state?: string }
    if (topic === 'turret/turret' && state !== undefined && state !== states.at(-1)) states.push(state)
  })
  await client.call('topic.subscribe', { topic: 'turret/turret' })
  return states
}

it('calibrates a fixed camera by clicks on the laser’s spot, points the laser by a click, and keeps it on a target', async () => {
  const target = { path: 'line', centre: { pan: 0, tilt: 0 }, extent: { pan: 5, tilt: 2 }, speed: 3 }
  const { client, state, goTo, source } = await opened(
    { mount: 'fixed', targets: [target] },
    { sight: { mount: 'fixed' } },
  )
  const view = new View(source)
  /** Where the camera, which looks at 0°, sees the light of a laser that stands beside the turret's axis. */
  const spotAt = ({ pan, tilt }: Direction) => {
    const { x, y } = view.see(
      { pan: pan + source.laserOffset.pan, tilt: tilt + source.laserOffset.tilt },
      { pan: 0, tilt: 0 },
    )
    return { x, y }
  }
  await expect(client.call('sight.calibrate', turret)).rejects.toMatchObject({ code: 'device.unsupported' })
  for (const [pan, tilt] of [
    [-4, -3],
    [4, -3],
  ] as const) {
    await goTo(pan, tilt)
    await client.call('sight.click', { ...turret, ...spotAt({ pan, tilt }) })
  }
  await expect(client.call('sight.fit', turret)).rejects.toMatchObject({ code: 'input.invalid' })
  await goTo(0, 4)
  expect(await client.call('sight.click', { ...turret, ...spotAt({ pan: 0, tilt: 4 }) })).toEqual({
    clicks: 3,
  })
  expect((await state()).sight?.calibration).toMatchObject({ state: 'none', clicks: 3 })
  const fit = await client.call('sight.fit', turret)
  expect(fit.residualPx).toBeLessThan(1)
  expect(fit.pixelsPerDegree).toBeCloseTo(source.width / source.fieldDegrees, 0)

  const there = await client.call('sight.point', { ...turret, ...spotAt({ pan: 2, tilt: 1 }), wait: true })
  expect(there.pan).toBeCloseTo(2, 1)
  expect(there.tilt).toBeCloseTo(1, 1)

  await client.call('vision.set', { device: 'eye', fps: 30, detectors: { spot: {} } })
  await client.call('track.start', turret)
  await expect.poll(async () => (await state()).tracking, SLOW).toMatchObject({ state: 'locked' })
  await expect.poll(async () => (await state()).tracking?.errorPx ?? Infinity, SLOW).toBeLessThan(12)
  // It goes along: what it is at is not where it was pointed.
  const seen: number[] = []
  await expect
    .poll(async () => {
      seen.push((await state()).position!.pan)
      return Math.max(...seen) - Math.min(...seen)
    }, SLOW)
    .toBeGreaterThan(3)
  expect((await state()).tracking).toMatchObject({ state: 'locked', mode: 'turret' })
})

it('tunes its gains so that they hold the target, and loses one by coasting, searching, going back and giving up', async () => {
  const { client, state, goTo } = await opened({ targets: [STILL] })
  await goTo(1, 1)
  await client.call('sight.calibrate', turret)
  const spot = { device: 'eye', fps: 30, detectors: { spot: {} } }
  await client.call('vision.set', spot)
  await client.call('track.start', turret)
  const held = async () => {
    await expect.poll(async () => (await state()).tracking?.state, SLOW).toBe('locked')
    await expect.poll(async () => (await state()).tracking?.errorPx ?? Infinity, SLOW).toBeLessThan(4)
  }
  await held()
  const before = (await state()).tracking!.gains
  const tuned = await client.call('track.tune', { ...turret, axis: 'pan' })
  expect(tuned.gains).not.toEqual(before)
  expect(tuned.gains.p).toBeGreaterThan(0)
  expect(tuned.periodMs).toBeGreaterThan(0)
  expect(tuned.amplitudePx).toBeGreaterThan(0)
  expect((await state()).tracking).toMatchObject({ gains: tuned.gains })
  expect((await state()).tracking?.tuning).toBeUndefined()
  await held()
  // Gains that the loop does not bear would have thrown it out of the picture by a figure of the next second.
  await new Promise((resolve) => setTimeout(resolve, 1500))
  await held()

  const set = await client.call('track.set', {
    ...turret,
    lost: { coastS: 0.3, searchS: 0.8, giveUpS: 0.8 },
  })
  expect(set.lost).toEqual({ coastS: 0.3, searchS: 0.8, recentre: true, giveUpS: 0.8 })
  const states = await trackingStates(client)
  await client.call('vision.set', { ...spot, detectors: { marker: {} } })
  await expect
    .poll(async () => (await state()).tracking, SLOW)
    .toMatchObject({ state: 'off', why: expect.stringMatching(/lost/) as string })
  expect(states).toEqual(['coasting', 'searching', 'recentring', 'off'])
  await expect.poll(async () => (await state()).activity, SLOW).toBe('rest')
  const { position } = await state()
  // Back where tracking began.
  expect(Math.abs(position!.pan - 1)).toBeLessThan(1)
  expect(Math.abs(position!.tilt - 1)).toBeLessThan(1)
})

it('holds a pattern at a stop and at a command by hand, and goes on with the step that it was in', async () => {
  const { client, state, goTo } = await opened({ targets: [] })
  const presets = { near: 88, far: 80, end: 85 }
  for (const [name, pan] of Object.entries(presets))
    await client.call('preset.save', { ...turret, name, pan, tilt: 40 })
  const steps = [
    { preset: 'near', dwellS: 0 },
    { preset: 'far', dwellS: 600 },
    { preset: 'end', dwellS: 0 },
  ]
  await client.call('pattern.save', { ...turret, name: 'tour', steps, rounds: 1 })
  await client.call('pattern.run', { ...turret, name: 'tour' })
  const dwells = () =>
    expect.poll(async () => (await state()).pattern, SLOW).toMatchObject({ state: 'dwelling', step: 1 })
  const pausedBy = (why: RegExp) =>
    expect
      .poll(async () => (await state()).pattern, SLOW)
      .toMatchObject({ state: 'paused', step: 1, why: expect.stringMatching(why) as string })
  await dwells()
  await client.call('estop.press', {})
  await pausedBy(/stop/)
  await expect(client.call('pattern.resume', turret)).rejects.toMatchObject({ code: 'estop.latched' })
  await expect.poll(() => client.ask('estop.reset', {}), SLOW).toMatchObject({ ok: true })
  // A stop alone resumes nothing.
  expect((await state()).pattern).toMatchObject({ state: 'paused' })
  await client.call('turret.home', turret)
  await goTo(90, 40)
  await client.call('pattern.resume', turret)
  await dwells()
  expect((await state()).position!.pan).toBeCloseTo(presets.far, 1)

  await client.call('preset.go', { ...turret, name: 'near', wait: true })
  await pausedBy(/pointed elsewhere/)
  await client.call('pattern.resume', turret)
  await dwells()
  await client.call('pattern.pause', turret)
  await pausedBy(/has paused it/)
  // The last of its steps: by itself it would stay in the one before for ten minutes.
  const [first, , last] = steps
  await client.call('pattern.save', { ...turret, name: 'short', steps: [first!, last!], rounds: 2 })
  await client.call('pattern.run', { ...turret, name: 'short' })
  await expect.poll(async () => (await state()).pattern, SLOW).toBeUndefined()
  expect((await state()).position!.pan).toBeCloseTo(presets.end, 1)
})

it('holds a pattern that stays at a preset when somebody turns the turret by hand', async () => {
  const { client, state } = await opened({ targets: [] })
  await client.call('preset.save', { ...turret, name: 'here', pan: 90, tilt: 40 })
  const steps = [{ preset: 'here', dwellS: 600 }]
  await client.call('pattern.save', { ...turret, name: 'stay', steps, rounds: 0 })
  for (const by of [
    () => client.call('turret.move', { ...turret, pan: 88 }),
    () => client.call('turret.jog', { ...turret, pan: 5 }),
  ]) {
    await client.call('pattern.run', { ...turret, name: 'stay' })
    await expect.poll(async () => (await state()).pattern?.state, SLOW).toBe('dwelling')
    await by()
    await expect.poll(async () => (await state()).pattern?.state, { timeout: 5000 }).toBe('paused')
    await client.call('pattern.stop', turret)
  }
})
