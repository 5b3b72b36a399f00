import { progress } from './statistics.ts'

const measurements = [
  'crosshair',
  'frames',
  'glass',
  'guardian',
  'hold',
  'join',
  'pyvisa',
  'query',
  'share',
  'slow',
  'status',
  'stop',
  'strangers',
  'trace',
  'track',
  'viewers',
  'watch-browser',
  'watches',
] as const

const name = measurements.find((measurement) => measurement === process.argv[2])
if (!name) {
  process.stderr.write(`usage: npm run bench -- ${measurements.join('|')}\n`)
  process.exit(2)
}
const { measure } = (await import(`./${name}.ts`)) as { measure: () => Promise<unknown> }
const result = await measure()
progress(`took ${Math.round(performance.now() / 1000)} s`)
console.log(JSON.stringify(result))
process.exit(0)
