/**
 * For `--import`: in the process of a camera the time of day is another by TEST_SHIFT_MS, as after the clock was set, or
 * the machine slept, between the start of the bridge and that of the camera. What is monotonic stays as it is.
 */
const shift = Number(process.env['TEST_SHIFT_MS'])
if (process.argv[1]?.endsWith('camera/process/host.ts')) {
  const { now } = Date
  Date.now = () => now() + shift
  Object.defineProperty(performance, 'timeOrigin', { value: performance.timeOrigin + shift })
}
