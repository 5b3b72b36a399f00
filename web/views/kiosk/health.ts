import type { BenchState } from '../../../shared/bench/bench.ts'
import type { CameraState } from '../../../shared/camera/camera.ts'
import type { DeclaredState } from '../../../shared/instrument/declared.ts'
import type { InstrumentState } from '../../../shared/instrument/instrument.ts'
import type { TurretState } from '../../../shared/turret/turret.ts'

/** Pictures come so often, or a second without one says nothing. */
const LEAST_FPS = 2

/** What is wrong with a device that is open. */
export interface Trouble {
  tone: 'bad' | 'warn'
  /** The same for all that are told together: `No frames`. */
  text: string
  /** The device. */
  title: string
  /** What it is there. */
  detail?: string
}

type Found = Omit<Trouble, 'title'>
type Device = BenchState['devices'][string]

/** What is wrong with a device beyond its lifecycle, which the bench's topic tells. `stalePowers`: none have come for a while. */
export function troublesOf(device: Device | undefined, { stalePowers = false } = {}): Trouble[] {
  // A device that is not open says nothing new, and that it is not open is said already.
  if (!device || device.lifecycle.phase !== 'ready') return []
  const found = {
    camera: () => cameraTroubles(device),
    instrument: () => instrumentTroubles(device, stalePowers),
    turret: () => turretTroubles(device),
  }[device.family]()
  return found.map((trouble) => ({ ...trouble, title: device.title }))
}

function cameraTroubles(camera: CameraState): Found[] {
  const { restarting, inlet, lastFrame, publication, rates, settings, nominalFps = 0 } = camera
  if (restarting !== undefined) return [{ tone: 'warn', text: 'Starting again', detail: restarting }]
  if (inlet && !inlet.by) return [{ tone: 'warn', text: 'No frames', detail: 'nobody is publishing' }]
  const triggered = settings?.trigger !== undefined && settings.trigger !== 'off'
  // Whoever waits for a trigger or a long exposure says so, and is well.
  if (lastFrame || triggered) return []
  if (!publication) return [{ tone: 'bad', text: 'No frames' }]
  const stands = rates?.captureFps === 0 && (inlet !== undefined || nominalFps >= LEAST_FPS)
  return stands ? [{ tone: 'bad', text: 'No frames' }] : []
}

function turretTroubles({ alarm, problems = [] }: TurretState): Found[] {
  const found: Found[] = alarm ? [{ tone: 'bad', text: 'Alarm', detail: alarm.message }] : []
  if (problems.length > 0) found.push({ tone: 'warn', text: 'Settings', detail: problems.join('; ') })
  return found
}

function instrumentTroubles({ declared, power }: InstrumentState, stalePowers: boolean): Found[] {
  const found = declared ? valueTroubles(declared) : []
  if (power && stalePowers && power.heldBy === undefined)
    found.push({ tone: 'warn', text: 'Stale readings', detail: 'powers' })
  return found
}

function valueTroubles({ values, readings, settings }: DeclaredState): Found[] {
  const named = (test: (value: DeclaredState['values'][string]) => boolean): string =>
    Object.entries(values)
      .flatMap(([name, value]) => (test(value) ? [(readings[name] ?? settings[name])?.label ?? name] : []))
      .join(', ')
  const all: Found[] = [
    { tone: 'bad', text: 'Beyond limits', detail: named(({ level }) => level === 'bad') },
    { tone: 'warn', text: 'Near limits', detail: named(({ level }) => level === 'warn') },
    { tone: 'warn', text: 'Stale readings', detail: named(({ stale }) => stale === true) },
    { tone: 'warn', text: 'No value', detail: named(({ note, stale }) => note !== undefined && !stale) },
  ]
  return all.filter(({ detail }) => detail !== '')
}
