import { expect, it } from 'vitest'
import type { TraceAxis } from '../../shared/traces/trace-axis.ts'
import {
  fineScale,
  placeText,
  rangeText,
  scaleOf,
  valueText,
  widthText,
} from '../../web/traces/plot/axis-scale.ts'

const along = (quantity: string, unit: string, start: number, step: number): TraceAxis => ({
  ...{ quantity, unit },
  ...{ start, step },
})

it.each<[TraceAxis, number, string, string, string]>([
  [along('wavelength', 'm', 1.5e-6, 1e-12), 94_001, 'Wavelength (nm)', '1500.000 – 1594.000 nm', 'pm'],
  [along('time', 's', -6e-4, 1e-6), 1201, 'Time (µs)', '\u2212600 – 600 µs', 'µs'],
  [along('time', 's', 0, 1e-5), 1201, 'Time (ms)', '0.00 – 12.00 ms', 'µs'],
  [along('frequency', 'Hz', 191e12, 1e9), 5001, 'Frequency (THz)', '191.000 – 196.000 THz', 'GHz'],
  [along('voltage', 'V', -2, 0.01), 401, 'Voltage (V)', '\u22122.00 – 2.00 V', 'mV'],
  [along('distance', 'm', 0, 10), 1001, 'Distance (km)', '0.00 – 10.00 km', 'm'],
  [along('temperature', '°C', 20, 0.5), 11, 'Temperature (°C)', '20.0 – 25.0 °C', '°C'],
])('says %o in what people say', (axis, points, title, range, fine) => {
  const scale = scaleOf([{ axis, points }])
  expect(scale.title).toBe(title)
  expect(rangeText(scale, axis.start, axis.start + (points - 1) * axis.step)).toBe(range)
  expect(fineScale(axis).unit).toBe(fine)
})

it('reads places, widths and values with their units', () => {
  const light = along('wavelength', 'm', 1.5e-6, 1e-13)
  const scope = along('time', 's', 0, 1e-9)
  expect(placeText(scaleOf([{ axis: light, points: 10 }]), 1.5501234e-6)).toBe('1550.1234 nm')
  expect(placeText(scaleOf([{ axis: light, points: 10 }]), undefined)).toBe('—')
  expect(widthText(light, 1.234e-11)).toBe('12.34 pm')
  expect(widthText(scope, 1.234e-7)).toBe('123.40 ns')
  expect(valueText(-12.3456, 'dBm')).toBe('\u221212.346 dBm')
  expect(valueText(0.00123456, 'V')).toBe('1.235 mV')
  expect(valueText(NaN, 'V')).toBe('—')
})
