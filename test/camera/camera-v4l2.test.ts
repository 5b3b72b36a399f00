import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { NotAccepted } from '../../bridge/camera/frame/capture.ts'
import { V4l2Controls } from '../../bridge/camera/kinds/v4l2/controls.ts'
import { listFormats, listRates } from '../../bridge/camera/kinds/v4l2/formats.ts'
import { type Ioctl, IoctlError, ioctlOn } from '../../bridge/camera/kinds/v4l2/ioctl.ts'
import {
  askInterval,
  askNextControl,
  control,
  readControl,
  readRates,
  REQUEST,
} from '../../bridge/camera/kinds/v4l2/structs.ts'
import { openCamera } from '../../bridge/camera/device/device.ts'
import type { Publisher } from '../../bridge/device/publisher.ts'
import { cameraContext, cameraTopic } from '../sfu/media-rig.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const name = (text: string, length = 32): string =>
  Buffer.from(text)
    .toString('hex')
    .padEnd(length * 2, '0')
const word = (value: number): string => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes.toString('hex')
}
/** struct v4l2_queryctrl, member by member: id, type, name, minimum, maximum, step, default, flags, reserved. */
const queryctrl = (id: number, type: number, text: string, rest: number[]): string =>
  [word(id), word(type), name(text), ...[...rest, 0, 0].map(word)].join('')

/** What the driver of a common webcam (uvcvideo) answers, as the bytes of linux/videodev2.h. */
const EXPOSURE_AUTO = 0x9a0901
const EXPOSURE = 0x9a0902
const GAIN = 0x980913
const POWER_LINE = 0x980918
const WEBCAM = [
  queryctrl(GAIN, 1, 'Gain', [0, 255, 1, 64, 0]),
  queryctrl(POWER_LINE, 3, 'Power Line Frequency', [0, 2, 1, 1, 0]),
  queryctrl(EXPOSURE_AUTO, 3, 'Auto Exposure', [0, 3, 1, 3, 0]),
  queryctrl(EXPOSURE, 1, 'Exposure Time, Absolute', [3, 2047, 1, 250, 0x10]),
]
const MENUS: Record<string, string> = {
  [`${POWER_LINE}.0`]: 'Disabled',
  [`${POWER_LINE}.1`]: '50 Hz',
  [`${POWER_LINE}.2`]: '60 Hz',
  [`${EXPOSURE_AUTO}.1`]: 'Manual Mode',
  [`${EXPOSURE_AUTO}.3`]: 'Aperture Priority Mode',
}

function webcam(): { ioctl: Ioctl; values: Map<number, number> } {
  const values = new Map([
    [GAIN, 64],
    [POWER_LINE, 1],
    [EXPOSURE_AUTO, 3],
    [EXPOSURE, 250],
  ])
  const answer = (struct: Uint8Array, bytes: string | undefined): void => {
    if (bytes === undefined) throw new IoctlError('EINVAL')
    struct.set(Buffer.from(bytes, 'hex'))
  }
  const ioctl: Ioctl = (request, struct) => {
    const at = new DataView(struct.buffer)
    const [first, second] = [at.getUint32(0, true), at.getUint32(4, true)]
    if (request === REQUEST.queryControl) {
      const after = (first & 0x7fff_ffff) >>> 0
      answer(
        struct,
        WEBCAM.find((bytes) => Buffer.from(bytes, 'hex').readUInt32LE(0) > after),
      )
    } else if (request === REQUEST.getControl) at.setInt32(4, values.get(first)!, true)
    else if (request === REQUEST.setControl) values.set(first, second)
    else if (request === REQUEST.queryMenu) {
      const text = MENUS[`${first}.${second}`]
      answer(struct, text && [word(first), word(second), name(text), word(0)].join(''))
    } else if (request === REQUEST.enumFormats) {
      const fourcc = ['YUYV', 'MJPG', 'XXXX'][first]
      answer(
        struct,
        fourcc &&
          [word(first), word(1), word(0), name('a format'), name(fourcc, 4)].join('').padEnd(128, '0'),
      )
    } else {
      const fps = [30, 15][first]
      const asked = hex(struct).slice(8, 32)
      answer(
        struct,
        fps === undefined
          ? undefined
          : [word(first), asked, word(1), word(1), word(fps)].join('').padEnd(104, '0'),
      )
    }
  }
  return { ioctl, values }
}

describe('what goes to a V4L2 driver', () => {
  it('is asked by the numbers of linux/videodev2.h: direction, size, letter, number', () => {
    const iowr = (number: number, bytes: number): number =>
      3 * 2 ** 30 + bytes * 2 ** 16 + 0x56 * 2 ** 8 + number
    expect(REQUEST).toEqual({
      enumFormats: iowr(2, 64),
      getControl: iowr(27, 8),
      setControl: iowr(28, 8),
      queryControl: iowr(36, 68),
      queryMenu: iowr(37, 44),
      enumIntervals: iowr(75, 52),
    })
  })

  it('has the layout of its structures', () => {
    expect(hex(askNextControl(0x980913))).toBe('13099880' + '00'.repeat(64))
    expect(hex(control(0x9a0902, -2))).toBe('02099a00' + 'feffffff')
    expect(hex(askInterval('YUYV', 640, 480, 1))).toBe(
      '01000000' + '59555956' + '80020000' + 'e0010000' + '00'.repeat(36),
    )
    // Stepwise: the shortest interval is 1/60 s, the longest 1/5 s.
    const stepwise = [
      '00000000',
      '59555956',
      '80020000',
      'e0010000',
      '03000000',
      '01000000',
      '3c000000',
      '01000000',
      '05000000',
    ]
    expect(readRates(Buffer.from(stepwise.join('').padEnd(104, '0'), 'hex'))).toEqual([5, 60])
    expect(readControl(Buffer.from(WEBCAM[3]!, 'hex'))).toEqual({
      ...{ id: EXPOSURE, type: 'integer', name: 'Exposure Time, Absolute', min: 3, max: 2047, step: 1 },
      flags: { disabled: false, grabbed: false, readOnly: false, inactive: true, writeOnly: false },
    })
  })

  it('reaches the kernel and comes back with its answer, or with the name of its error', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lightbench-'))
    writeFileSync(join(folder, 'file'), 'hello')
    const file = openSync(join(folder, 'file'), 'r')
    // FIONREAD of a file answers how many bytes lie ahead.
    const ahead = new Uint8Array(4)
    ioctlOn(file)(0x541b, ahead)
    expect([...ahead]).toEqual([5, 0, 0, 0])
    expect(() => ioctlOn(file)(REQUEST.queryControl, askNextControl(0))).toThrow('ENOTTY')
    closeSync(file)
    rmSync(folder, { recursive: true })
  })
})

describe('a webcam’s controls', () => {
  it('are named with their ranges, in our units', () => {
    const { ioctl } = webcam()
    const controls = new V4l2Controls(ioctl)
    expect(controls.features).toEqual({
      exposureMs: { kind: 'number', min: 0.3, max: 204.7, step: 0.1, unit: 'ms' },
      gainDb: { kind: 'number', min: 0, max: 255, step: 1, unit: 'steps' },
      exposureAuto: { kind: 'switch' },
    })
    expect(controls.settings).toEqual({ exposureMs: 25, gainDb: 64, exposureAuto: true })
    expect(listFormats(ioctl)).toEqual(['YUYV', 'MJPG'])
    expect(listRates(ioctl, 'YUYV', 640, 480)).toEqual([30, 15])
  })

  it('end the automatic when a value is set by hand', () => {
    const { ioctl, values } = webcam()
    const controls = new V4l2Controls(ioctl)
    controls.set({ exposureMs: 12.34 })
    expect([values.get(EXPOSURE_AUTO), values.get(EXPOSURE)]).toEqual([1, 123])
    controls.set({ exposureAuto: true, exposureMs: 50 })
    expect([values.get(EXPOSURE_AUTO), values.get(EXPOSURE)]).toEqual([3, 123])
  })

  it('can be listed and set by their own names, within what they take', () => {
    const { ioctl, values } = webcam()
    const controls = new V4l2Controls(ioctl)
    expect(controls.list().find((node) => node.name === 'power_line_frequency')).toMatchObject({
      kind: 'choice',
      choices: ['Disabled', '50 Hz', '60 Hz'],
      value: '50 Hz',
    })
    expect(controls.setNode('power_line_frequency', '60 Hz').value).toBe('60 Hz')
    expect(values.get(POWER_LINE)).toBe(2)
    expect(() => controls.setNode('gain', 256)).toThrow('0 to 255')
    expect(() => controls.setNode('power_line_frequency', '55 Hz')).toThrow(NotAccepted)
    expect(() => controls.setNode('no_such', 1)).toThrow(NotAccepted)
  })
})

it('says that there is no camera where there is none', async () => {
  const source = { kind: 'v4l2', path: '/dev/video-none' } as const
  const publisher: Publisher = {
    publish: () => ({ connect: async () => {}, produce: async () => '', close: () => {} }),
    receive: () => Promise.reject(new Error('nobody pushes here')),
  }
  await expect(
    openCamera(
      { source, codec: 'h264', bitrateKbps: 500, settings: {} },
      cameraContext(publisher, cameraTopic()),
    ),
  ).rejects.toMatchObject({
    code: 'camera.failed',
    message: expect.stringContaining('no camera at /dev/video-none'),
  })
})
