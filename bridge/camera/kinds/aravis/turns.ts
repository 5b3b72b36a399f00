import type {
  CameraFeature,
  CameraFeatures,
  DeviceSettings,
  NumberRange,
  SettingName,
} from '../../../../shared/camera/camera-features.ts'
import type { Failing, Out, Pointer } from './native.ts'
import type { Named } from './named.ts'

type Range = Failing<[Pointer, Out<number>, Out<number>], void>

/** How one setting is read and written; undefined where the camera has no such thing. */
interface Turn<T> {
  read(named: Named): Promise<{ feature: CameraFeature; value: T } | undefined>
  write(named: Named, value: T): Promise<void>
}

type Turns = {
  [N in Exclude<SettingName, 'region' | 'binning' | 'pixelFormat' | 'whiteBalanceK'>]-?: Turn<
    NonNullable<DeviceSettings[N]>
  >
}

/** Hundredths of a unit of the last place that a person reads: what comes of dividing microseconds. */
function tidy(value: number): number {
  return Number(value.toPrecision(9))
}

async function range(named: Named, native: Range, perUnit = 1): Promise<Pick<NumberRange, 'min' | 'max'>> {
  const min: Out<number> = [0]
  const max: Out<number> = [0]
  await named.ask(native, min, max)
  return { min: tidy(min[0] / perUnit), max: tidy(max[0] / perUnit) }
}

/** A GenICam enumeration of Off, Once and Continuous. */
function automatic(feature: string): Turn<boolean> {
  return {
    async read(named) {
      const choices = await named.choices(feature)
      if (!choices.includes('Continuous') || !choices.includes('Off')) return undefined
      return { feature: { kind: 'switch' }, value: (await named.text(feature)) !== 'Off' }
    },
    async write(named, on) {
      await named.ask(named.aravis.setText, feature, on ? 'Continuous' : 'Off')
    },
  }
}

function balance(colour: 'Red' | 'Blue'): Turn<number> {
  const select = (named: Named): Promise<void> =>
    named.ask(named.aravis.setText, 'BalanceRatioSelector', colour)
  return {
    async read(named) {
      if (!(await named.choices('BalanceRatioSelector')).includes(colour)) return undefined
      await select(named)
      const value = await named.float('BalanceRatio')
      if (value === undefined) return undefined
      const { min, max, step } = await named.floatRange('BalanceRatio')
      return { feature: { kind: 'number', min, max, ...(step ? { step } : {}) }, value }
    },
    async write(named, ratio) {
      await select(named)
      await named.ask(named.aravis.setFloat, 'BalanceRatio', ratio)
    },
  }
}

const SOFTWARE = 'Software'

/** In the order in which they are set: what others depend on first. */
export const TURNS: Turns = {
  frameRate: {
    async read(named) {
      const { aravis } = named
      if (!(await named.ask(aravis.hasFrameRate))) return undefined
      const bounds = await range(named, aravis.frameRateRange)
      return {
        feature: { kind: 'number', ...bounds, unit: 'fps' },
        value: tidy(await named.ask(aravis.frameRate)),
      }
    },
    write: (named, fps) => named.ask(named.aravis.setFrameRate, fps),
  },
  exposureAuto: automatic('ExposureAuto'),
  exposureMs: {
    async read(named) {
      const { aravis } = named
      if (!(await named.ask(aravis.hasExposure))) return undefined
      const bounds = await range(named, aravis.exposureRange, 1000)
      const step = await named.floatStep('ExposureTime')
      return {
        feature: { kind: 'number', ...bounds, ...(step ? { step: tidy(step / 1000) } : {}), unit: 'ms' },
        value: tidy((await named.ask(aravis.exposure)) / 1000),
      }
    },
    write: (named, ms) => named.ask(named.aravis.setExposure, ms * 1000),
  },
  gainAuto: automatic('GainAuto'),
  gainDb: {
    async read(named) {
      const { aravis } = named
      if (!(await named.ask(aravis.hasGain))) return undefined
      const bounds = await range(named, aravis.gainRange)
      // GainRaw counts in steps of the camera's own.
      const isDb = await named.has('Gain')
      const feature = {
        kind: 'number' as const,
        ...bounds,
        ...(isDb ? { unit: 'dB' } : { step: 1, unit: 'steps' }),
      }
      return { feature, value: tidy(await named.ask(aravis.gain)) }
    },
    write: (named, gain) => named.ask(named.aravis.setGain, gain),
  },
  whiteBalanceAuto: automatic('BalanceWhiteAuto'),
  balanceRed: balance('Red'),
  balanceBlue: balance('Blue'),
  trigger: {
    async read(named) {
      const modes = await named.choices('TriggerMode')
      if (!modes.includes('On')) return undefined
      const sources = await named.choices('TriggerSource')
      const hasSoftware = sources.includes(SOFTWARE) && (await named.has('TriggerSoftware'))
      const lines = sources.filter((source) => source !== SOFTWARE)
      const on = (await named.text('TriggerMode')) === 'On'
      const source = await named.text('TriggerSource')
      return {
        feature: { kind: 'choice', choices: ['off', ...(hasSoftware ? ['software'] : []), ...lines] },
        value: on && source ? (source === SOFTWARE ? 'software' : source) : 'off',
      }
    },
    write: (named, source) =>
      source === 'off'
        ? named.ask(named.aravis.clearTriggers)
        : named.ask(named.aravis.setTrigger, source === 'software' ? SOFTWARE : source),
  },
}

const NAMES = Object.keys(TURNS) as (keyof Turns)[]

/** What can be turned while frames come, and how it stands. */
export async function readTurns(
  named: Named,
): Promise<{ features: CameraFeatures; settings: DeviceSettings }> {
  const features: CameraFeatures = {}
  const settings: Record<string, unknown> = {}
  for (const name of NAMES) {
    const read = await TURNS[name].read(named)
    if (!read) continue
    features[name] = read.feature
    settings[name] = read.value
  }
  return { features, settings: settings }
}

/** A value, and the switch that has the camera find it by itself. */
const AUTOMATIC = [
  ['exposureMs', 'exposureAuto'],
  ['gainDb', 'gainAuto'],
  ['balanceRed', 'whiteBalanceAuto'],
  ['balanceBlue', 'whiteBalanceAuto'],
] as const

/**
 * Sets what is given of what the camera has. A value ends the automatic that would overrule it; where the automatic is
 * asked for as well, it is what counts.
 */
export async function writeTurns(named: Named, wanted: DeviceSettings, now: DeviceSettings): Promise<void> {
  const all: Record<string, unknown> = { ...wanted }
  for (const [value, auto] of AUTOMATIC) {
    if (wanted[auto] === true) all[value] = undefined
    else if (wanted[value] !== undefined && now[auto] === true) all[auto] = false
  }
  for (const name of NAMES) {
    const value = all[name]
    if (value !== undefined && value !== now[name]) await (TURNS[name] as Turn<unknown>).write(named, value)
  }
}
