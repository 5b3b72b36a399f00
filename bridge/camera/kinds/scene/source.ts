import { z } from 'zod'

const degrees = z.number().min(-360).max(360)
const place = z.strictObject({ pan: degrees.default(0), tilt: degrees.default(0) })

const axis = z.strictObject({
  zeroMm: z.number().default(0).describe("the controller's machine position, mm, at 0 degrees"),
  mmPerDegree: z
    .number()
    .refine((value) => value !== 0, 'cannot be 0')
    .default(1),
})

/** How a target goes. Its place follows from the machine's clock alone, so that whoever knows the path knows the place. */
export const targetPath = z.strictObject({
  path: z
    .enum(['eight', 'line', 'still'])
    .default('eight')
    .describe('a figure of eight, to and fro, or at rest'),
  centre: place.prefault({}).describe('the middle of its way, degrees'),
  extent: z
    .strictObject({ pan: z.number().min(0).max(180).default(15), tilt: z.number().min(0).max(90).default(7) })
    .prefault({})
    .describe('how far it goes from the middle, degrees'),
  speed: z.number().positive().max(720).default(20).describe('along its way, degrees/s'),
  phase: z.number().min(0).max(1).default(0).describe('where on its way it begins, 0 to 1'),
})
export type TargetPath = z.output<typeof targetPath>

const target = targetPath.extend({
  look: z
    .enum(['spot', 'disk', 'marker'])
    .default('spot')
    .describe('a bright spot, a grey disk that only its motion tells, or an ArUco marker'),
  size: z.number().positive().max(30).default(0.6).describe('across, degrees'),
  marker: z.number().int().min(0).max(249).default(0).describe('its number in ARUCO_MIP_36h12'),
  colour: z
    .tuple([z.number().min(-1).max(1), z.number().min(-1).max(1)])
    .optional()
    .describe('blueness and redness, -1 to 1 (Cb, Cr); grey when left out, or when the camera is'),
})
export type SceneTarget = z.output<typeof target>

/** What a camera of the scene is told in bench.yaml. */
export const sceneSource = z.strictObject({
  world: z
    .string()
    .regex(/^[^\s:]+:\d{1,5}$/, 'host:port of the simulated turret (--world of sim/grbl)')
    .describe('where the simulated turret says how it stands'),
  width: z.number().int().min(64).max(1920).multipleOf(2).default(640).describe('picture width, px, even'),
  height: z.number().int().min(64).max(1200).multipleOf(2).default(480).describe('picture height, px, even'),
  fps: z.number().min(1).max(120).default(30).describe('pictures a second'),
  colour: z.boolean().default(false).describe('a colour camera; 12-bit grey otherwise'),
  mount: z
    .enum(['turret', 'fixed'])
    .default('turret')
    .describe('the camera turns with the turret, or stands beside it'),
  at: place.prefault({}).describe('where a fixed camera looks, degrees'),
  fieldDegrees: z.number().min(2).max(90).default(24).describe('what the width of the picture spans'),
  rollDegrees: z.number().min(-45).max(45).default(2).describe('how askew the camera is mounted'),
  pan: axis.prefault({}).describe("the turret's, as its own entry has it"),
  tilt: axis.prefault({}).describe("the turret's, as its own entry has it"),
  laserOffset: z
    .strictObject({ pan: degrees.default(0.9), tilt: degrees.default(-0.6) })
    .prefault({})
    .describe('where the laser hits beside the middle of the picture: the parallax of the two, degrees'),
  targets: z.array(target).max(20).prefault([{}]).describe('what moves in it'),
  occluders: z
    .array(
      z.strictObject({
        ...place.shape,
        width: z.number().positive().max(90),
        height: z.number().positive().max(90),
      }),
    )
    .max(20)
    .default([])
    .describe('posts that targets go behind, degrees'),
  light: z
    .strictObject({
      swing: z.number().min(0).max(0.9).default(0.15).describe('share by which it comes and goes'),
      periodS: z.number().positive().default(20),
    })
    .prefault({})
    .describe('the light of day'),
  exposureMs: z.number().min(0.1).max(30).default(8).describe('exposure to begin with, ms'),
  gainDb: z.number().min(0).max(24).default(0).describe('gain to begin with, dB'),
  seed: z.number().int().min(0).default(1).describe('another number, another place'),
})

/** A scene in front of a simulated turret. */
export interface SceneSource extends z.output<typeof sceneSource> {
  kind: 'scene'
}
