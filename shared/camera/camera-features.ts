import { z } from 'zod'
import { command } from '../wire/command.ts'
import { deviceId } from '../wire/device.ts'
import { plain } from '../wire/secret.ts'

const pixels = z.int().min(0)
/** A part of the sensor, px, as the camera counts them: behind its binning. */
export const region = z.object({ x: pixels, y: pixels, width: pixels, height: pixels })
export type Region = z.infer<typeof region>

/** What can be turned on cameras; each has some of it. Its unit is in a number's name, or else in its feature. */
export const deviceSettings = z.object({
  exposureMs: z.number().optional(),
  exposureAuto: z.boolean().optional(),
  gainDb: z.number().optional(),
  gainAuto: z.boolean().optional(),
  whiteBalanceAuto: z.boolean().optional(),
  whiteBalanceK: z.number().optional(),
  /** What red and blue are multiplied by, green being 1 or the camera's own. */
  balanceRed: z.number().optional(),
  balanceBlue: z.number().optional(),
  frameRate: z.number().optional(),
  /** `off`: the camera runs freely; `software`: a frame for each `camera.trigger`; or a line of the camera's. */
  trigger: plain(z.string().max(64)).optional(),
  region: region.optional(),
  /** So many pixels each way are read as one. */
  binning: z.number().optional(),
  pixelFormat: plain(z.string().max(64)).optional(),
})
export type DeviceSettings = z.infer<typeof deviceSettings>

export const settingName = deviceSettings.keyof()
export type SettingName = z.infer<typeof settingName>

/** What a number can be: from `min` in steps, up to `max`. */
export const numberRange = z.object({
  min: z.number(),
  max: z.number(),
  step: z.number().optional(),
  unit: z.string().optional(),
})
export type NumberRange = z.infer<typeof numberRange>

/** One thing that a camera lets itself be told, with what it takes, in the device's own figures. */
export const cameraFeature = z.discriminatedUnion('kind', [
  numberRange.extend({ kind: z.literal('number') }),
  z.object({ kind: z.literal('switch') }),
  z.object({ kind: z.literal('choice'), choices: z.array(z.string()) }),
  /** `width.max` and `height.max` are the sensor; a region must lie inside it. */
  z.object({
    kind: z.literal('region'),
    x: numberRange,
    y: numberRange,
    width: numberRange,
    height: numberRange,
  }),
])
export type CameraFeature = z.infer<typeof cameraFeature>

/** By the name of the setting; what is absent, the camera does not have. */
export const cameraFeatures = z.partialRecord(settingName, cameraFeature)
export type CameraFeatures = z.infer<typeof cameraFeatures>

const nodeValue = z.union([z.number(), z.boolean(), z.string()])
const nodeName = plain(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'a feature is named by letters, digits and _'),
)

/** A feature by the camera's own name for it: a GenICam node, or a V4L2 control. */
export const cameraNode = z.object({
  name: z.string(),
  category: z.string(),
  kind: z.enum(['integer', 'float', 'switch', 'choice', 'text', 'command']),
  access: z.enum(['read', 'write', 'both']),
  /** Absent where it cannot be read just now. */
  value: nodeValue.optional(),
  range: numberRange.optional(),
  choices: z.array(z.string()).optional(),
  visibility: z.enum(['beginner', 'expert', 'guru', 'invisible']),
  description: z.string().optional(),
})
export type CameraNode = z.infer<typeof cameraNode>

export const cameraFeatureCommands = {
  'camera.features': command({
    about: "List a camera's features by its own names (GenICam, V4L2), with values and ranges.",
    role: 'viewer',
    input: z.object({ device: deviceId }),
    output: z.array(cameraNode),
  }),
  'camera.feature.set': command({
    about: 'Set a feature by its own name, or run it where it is a command; answers what the camera took.',
    role: 'operator',
    lease: true,
    input: z.object({
      device: deviceId,
      name: nodeName,
      value: z
        .union([z.number(), z.boolean(), plain(z.string().max(1000))])
        .optional()
        .describe('left out for a command'),
    }),
    output: cameraNode,
  }),
  'camera.trigger': command({
    about: 'Take one frame: for a camera whose trigger is `software`.',
    role: 'operator',
    lease: true,
    input: z.object({ device: deviceId }),
    output: z.object({}),
  }),
}
