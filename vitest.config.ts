import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/support/longest-first.ts'
import { TallyReporter } from './test/support/reporter.ts'

// Groups run one after the other. They start at 1: on a machine of two cores vitest puts group 0 after all others.
const inGroup = (groupOrder: number) => ({ sequence: { groupOrder } })

/** Tests with a browser in which it counts how fast something comes. */
const paced = [
  'camera',
  'dead-man',
  'gallery',
  'measure',
  'publish',
  'stalled-link',
  'turret',
  'turret-hand',
  'viewers',
].map((name) => `test/e2e/${name}.test.ts`)
const endToEnd = { testTimeout: 60_000, hookTimeout: 60_000, expect: { poll: { timeout: 10_000 } } }

// Nothing is tried again: a test that fails now and then is one that depends on something it does not say.
export default defineConfig({
  test: {
    // Most tests wait for processes and wires: two cores have time for more of them than two.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    reporters: ['default', new TallyReporter()],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/{web,e2e,soak}/**'],
          testTimeout: 20_000,
          // What is waited for comes late on a busy machine.
          expect: { poll: { timeout: 5000 } },
          ...inGroup(2),
        },
      },
      {
        plugins: [svelte({ configFile: false })],
        resolve: { conditions: ['browser'] },
        test: {
          name: 'web',
          include: ['test/web/**/*.test.ts'],
          // Runes react only in Svelte for the browser: compiled as such, and with the runtime that goes with it.
          environment: './test/support/client.ts',
          ...inGroup(1),
        },
      },
      {
        test: {
          name: 'pages',
          include: ['test/e2e/**/*.test.ts'],
          exclude: paced,
          ...endToEnd,
          maxWorkers: 2,
          ...inGroup(3),
        },
      },
      {
        test: {
          name: 'paced',
          include: paced,
          ...endToEnd,
          // Video, aiming and deadlines want the machine to themselves.
          fileParallelism: false,
          ...inGroup(4),
        },
      },
    ],
  },
})
