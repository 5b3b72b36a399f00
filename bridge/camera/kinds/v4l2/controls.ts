import type { CameraFeatures, CameraNode, DeviceSettings } from '../../../../shared/camera/camera-features.ts'
import { NotAccepted } from '../../frame/capture.ts'
import { type Ioctl, listed } from './ioctl.ts'
import {
  askMenu,
  askNextControl,
  control,
  type ControlInfo,
  readControl,
  readMenu,
  readValue,
  REQUEST,
} from './structs.ts'

/** Ids of linux/v4l2-controls.h. */
const ID = {
  autoWhiteBalance: 0x98090c,
  redBalance: 0x98090e,
  blueBalance: 0x98090f,
  autoGain: 0x980912,
  gain: 0x980913,
  whiteBalanceK: 0x98091a,
  exposureAuto: 0x9a0901,
  exposure: 0x9a0902,
} as const
/** Exposure is in units of 100 µs. */
const EXPOSURES_A_MS = 10
/** Of the exposure menu: by hand, and the two that find it by themselves. */
const MANUAL = 1
const AUTOMATIC = [3, 0]
const MOST = 512

const SWITCHES = { gainAuto: ID.autoGain, whiteBalanceAuto: ID.autoWhiteBalance } as const
const NUMBERS = {
  exposureMs: { id: ID.exposure, perUnit: EXPOSURES_A_MS, unit: 'ms' },
  gainDb: { id: ID.gain, perUnit: 1, unit: 'steps' },
  whiteBalanceK: { id: ID.whiteBalanceK, perUnit: 1, unit: 'K' },
  balanceRed: { id: ID.redBalance, perUnit: 1, unit: 'steps' },
  balanceBlue: { id: ID.blueBalance, perUnit: 1, unit: 'steps' },
} as const
/** The switch that takes a number out of a person's hands. */
const OVERRULES = {
  exposureMs: 'exposureAuto',
  gainDb: 'gainAuto',
  whiteBalanceK: 'whiteBalanceAuto',
  balanceRed: 'whiteBalanceAuto',
  balanceBlue: 'whiteBalanceAuto',
} as const

/** A driver's controls: the usual ones by our names, all of them by its own. */
export class V4l2Controls {
  readonly #ioctl: Ioctl
  readonly #all: Map<number, ControlInfo>

  /** Throws IoctlError when the device answers none of this. */
  constructor(ioctl: Ioctl) {
    this.#ioctl = ioctl
    let id = 0
    const controls = listed(MOST, () => {
      const struct = askNextControl(id)
      ioctl(REQUEST.queryControl, struct)
      const info = readControl(struct)
      id = info.id
      return info
    })
    this.#all = new Map(controls.filter(({ flags }) => !flags.disabled).map((info) => [info.id, info]))
  }

  get features(): CameraFeatures {
    const features: CameraFeatures = {}
    for (const [name, { id, perUnit, unit }] of entries(NUMBERS)) {
      const info = this.#all.get(id)
      if (info?.type !== 'integer') continue
      const { min, max, step } = info
      features[name] = { kind: 'number', min: min / perUnit, max: max / perUnit, step: step / perUnit, unit }
    }
    for (const [name, id] of entries(SWITCHES)) if (this.#all.has(id)) features[name] = { kind: 'switch' }
    if (this.#automaticExposure() !== undefined) features.exposureAuto = { kind: 'switch' }
    return features
  }

  get settings(): DeviceSettings {
    const settings: DeviceSettings = {}
    const { features } = this
    for (const [name, { id, perUnit }] of entries(NUMBERS)) {
      if (features[name]) settings[name] = this.#get(id) / perUnit
    }
    for (const [name, id] of entries(SWITCHES)) if (features[name]) settings[name] = this.#get(id) !== 0
    if (features.exposureAuto) settings.exposureAuto = this.#get(ID.exposureAuto) !== MANUAL
    return settings
  }

  /** Throws IoctlError. A number ends the automatic that overrules it, unless that is asked for as well. */
  set(wanted: DeviceSettings): void {
    const { features } = this
    const now = this.settings
    const switches: DeviceSettings = {}
    for (const [name, auto] of entries(OVERRULES)) {
      if (wanted[auto] !== undefined) switches[auto] = wanted[auto]
      else if (wanted[name] !== undefined && now[auto] === true) switches[auto] = false
    }
    for (const [name, id] of entries(SWITCHES)) {
      if (switches[name] !== undefined && features[name]) this.#set(id, switches[name] ? 1 : 0)
    }
    if (switches.exposureAuto !== undefined && features.exposureAuto) {
      this.#set(ID.exposureAuto, switches.exposureAuto ? this.#automaticExposure()! : MANUAL)
    }
    for (const [name, { id, perUnit }] of entries(NUMBERS)) {
      const value = wanted[name]
      const auto = OVERRULES[name]
      const isOverruled = switches[auto] ?? now[auto] ?? false
      if (value !== undefined && features[name] && !isOverruled) this.#set(id, Math.round(value * perUnit))
    }
  }

  /** All controls, by the driver's names: lower case, with _ between the words. */
  list(): CameraNode[] {
    return [...this.#all.values()].flatMap((info) => this.#describe(info) ?? [])
  }

  /** Throws NotAccepted, or IoctlError. */
  setNode(name: string, value: CameraNode['value']): CameraNode {
    const info = [...this.#all.values()].find((one) => nodeName(one.name) === name && one.type)
    if (!info) throw new NotAccepted(`has no control ${name}: camera.features lists what it has`)
    if (info.flags.readOnly) throw new NotAccepted(`lets ${name} only be read`)
    this.#set(info.id, this.#numberFor(info, name, value))
    return this.#describe(info)!
  }

  #numberFor(info: ControlInfo, name: string, value: CameraNode['value']): number {
    const { type, min, max, step } = info
    if (type === 'button' && value === undefined) return 0
    if (type === 'switch' && typeof value === 'boolean') return value ? 1 : 0
    if (type === 'menu') {
      const index = this.#menu(info).find(([, text]) => text === value)?.[0]
      if (index !== undefined) return index
    }
    const fits =
      typeof value === 'number' && value >= min && value <= max && (value - min) % Math.max(1, step) === 0
    if (type === 'integer' && fits) return value
    const takes = {
      integer: `${min} to ${max} in steps of ${step}`,
      switch: 'true or false',
      menu: this.#menu(info)
        .map(([, text]) => text)
        .join(', '),
      button: 'no value',
    }[type!]
    throw new NotAccepted(`takes ${takes} for ${name}: ${String(value)} is not`)
  }

  #describe(info: ControlInfo): CameraNode | undefined {
    const { id, type, name, min, max, step, flags } = info
    if (!type) return undefined
    const access = flags.readOnly ? 'read' : flags.writeOnly || type === 'button' ? 'write' : 'both'
    const base = {
      name: nodeName(name),
      category: id >= 0x9a0000 && id < 0x9b0000 ? 'camera' : 'user',
      access,
      visibility: 'beginner',
      description: name,
    } as const
    if (type === 'button') return { ...base, kind: 'command' }
    const value = access === 'write' ? undefined : this.#get(id)
    const given = <T>(known: T): { value?: T } => (value === undefined ? {} : { value: known })
    if (type === 'switch') return { ...base, kind: 'switch', ...given(value !== 0) }
    if (type === 'integer') return { ...base, kind: 'integer', ...given(value!), range: { min, max, step } }
    const menu = this.#menu(info)
    const chosen = menu.find(([index]) => index === value)?.[1]
    const choices = menu.map(([, text]) => text)
    return { ...base, kind: 'choice', choices, ...(chosen === undefined ? {} : { value: chosen }) }
  }

  /** A menu may have gaps, which the driver answers with EINVAL. */
  #menu({ id, min, max }: ControlInfo): [number, string][] {
    const items: [number, string][] = []
    for (let index = min; index <= Math.min(max, min + MOST); index++) {
      const [item] = listed(1, () => {
        const struct = askMenu(id, index)
        this.#ioctl(REQUEST.queryMenu, struct)
        return readMenu(struct)
      })
      if (item !== undefined) items.push([index, item])
    }
    return items
  }

  #automaticExposure(): number | undefined {
    const info = this.#all.get(ID.exposureAuto)
    if (info?.type !== 'menu') return undefined
    const there = this.#menu(info).map(([index]) => index)
    return there.includes(MANUAL) ? AUTOMATIC.find((index) => there.includes(index)) : undefined
  }

  #get(id: number): number {
    const struct = control(id)
    this.#ioctl(REQUEST.getControl, struct)
    return readValue(struct)
  }

  #set(id: number, value: number): void {
    this.#ioctl(REQUEST.setControl, control(id, value))
  }
}

/** A control's name as programs write it. */
function nodeName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '')
}

function entries<K extends string, V>(record: Readonly<Record<K, V>>): [K, V][] {
  return Object.entries(record) as [K, V][]
}
