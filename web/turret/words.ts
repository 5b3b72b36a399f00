import { type SightState, whyUnchecked } from '../../shared/turret/sight.ts'
import type { TrackingState } from '../../shared/turret/tracking.ts'
import type { TurretState } from '../../shared/turret/turret.ts'
import type { DetectorName, Thing } from '../../shared/camera/vision.ts'
import { dateAndTime, fixed } from '../ui/format.ts'
import type { LightPhase } from './laser/reasons.ts'

export const DETECTOR_NAMES: Readonly<Record<DetectorName, string>> = {
  motion: 'Motion',
  spot: 'Bright spot',
  colour: 'Colour',
  marker: 'Marker',
  model: 'Model',
}

const ACTIVITIES: Readonly<Record<NonNullable<TurretState['activity']>, string>> = {
  rest: 'At rest',
  moving: 'Moving',
  jogging: 'Turning',
  homing: 'Homing',
  stopping: 'Stopping',
}

const TRACKING: Readonly<Record<TrackingState['state'], string>> = {
  off: 'Off',
  waiting: 'Waiting for a target',
  locked: 'Locked',
  coasting: 'Lost: going on as it went',
  searching: 'Lost: searching',
  recentring: 'Lost: going back',
}

/** Whether light can come out: in a few words, and what that means. */
export const LIGHT_WORDS: Readonly<Record<LightPhase, readonly [title: string, says: string]>> = {
  unknown: ['Not known', 'Whether light comes out cannot be told from here.'],
  unordered: [
    'Light that nobody here ordered',
    'The controller says that light is on. It is reset and disabled: look for a pendant, or another program.',
  ],
  lit: ['Light', 'A burst is under way. Anybody can stop it.'],
  rehearsal: ['Rehearsal', 'A burst is under way, without light.'],
  armed: ['Armed: fires by itself', 'At the target that is tracked, by the rules of auto-fire.'],
  ready: ['Ready: light can come out', 'The next shot is real unless it is a rehearsal.'],
  blocked: ['Enabled, no light now', 'Missing:'],
  disabled: ['Disabled, no light', 'Missing:'],
}

/** A thing as it is called in the picture: `face 87 % · 4`. */
export function thingName(
  { detector, label, score, track }: Pick<Thing, 'detector' | 'label' | 'score' | 'track'>,
  labels: readonly string[] | undefined,
): string {
  if (detector === 'marker') return `marker ${label} · #${track}`
  const what =
    detector === 'model' ? (labels?.[label] ?? `label ${label}`) : DETECTOR_NAMES[detector].toLowerCase()
  return `${what} ${fixed(score * 100, 0)} % · #${track}`
}

/** What the turret does, in words. */
export function activityWords({ activity, motors, homed, alarm }: TurretState): {
  text: string
  tone: 'good' | 'warn' | 'bad' | 'neutral'
} {
  if (motors === false) return { text: 'Motors off', tone: 'warn' }
  if (activity !== undefined && activity !== 'rest') return { text: ACTIVITIES[activity], tone: 'good' }
  if (homed === false) return { text: 'Not homed', tone: 'warn' }
  if (alarm) return { text: 'Alarm', tone: 'bad' }
  return { text: ACTIVITIES[activity ?? 'rest'], tone: 'good' }
}

/** What tracking does, in words. */
export function trackingWords(state: TrackingState['state']): string {
  return TRACKING[state]
}

/** How well the calibration stands, in words. */
export function calibrationWords({
  state,
  why,
  residualPx,
  pixelsPerDegree,
}: SightState['calibration']): string {
  switch (state) {
    case 'none':
      return why === undefined ? 'Not calibrated' : `Not calibrated: ${why}`
    case 'running':
      return 'Being calibrated'
    case 'lapsed':
      return `Lapsed: ${why ?? 'the place is not known any more'}`
    case 'valid':
      return `Valid: ${fixed(pixelsPerDegree, 1)} px a degree, off by ${fixed(residualPx, 2)} px RMS`
  }
}

/** Who says that the laser hits where the crosshair is. */
export function crosshairWords(
  sight: Pick<SightState, 'mount' | 'crosshair'>,
  frame: { width: number; height: number } | undefined,
): string {
  const { crosshair } = sight
  const unchecked = whyUnchecked(sight, frame)
  if (!crosshair || !frame) return `It ${unchecked ?? 'is the middle of the picture'}`
  const place = offsetWords(crosshair.x - (frame.width - 1) / 2, crosshair.y - (frame.height - 1) / 2)
  if (unchecked !== undefined) return `${place} from the middle: it ${unchecked}`
  return crosshair.checkedAt === undefined
    ? `${place} from the middle`
    : `${place} from the middle, at the laser’s spot, found ${dateAndTime(crosshair.checkedAt)}`
}

/** How far the crosshair is from the middle: `+12.0, −4.5 px`. */
export function offsetWords(x: number, y: number): string {
  const signed = (px: number): string => (px > 0 ? `+${fixed(px, 1)}` : fixed(px, 1))
  return `${signed(x)}, ${signed(y)} px`
}
