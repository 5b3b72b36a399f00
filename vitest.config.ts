import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/support/longest-first.ts'
import { TallyReporter } from './test/support/reporter.ts'

// Groups run one after the other. They start at 1: on a machine of two cores vitest puts group 0 after all others.
const inGroup = (groupOrder: number) => ({ sequence: { groupOrder } })

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
          include: ['test/{contract,bridge}/**/*.test.ts'],
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
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 10_000 } },
          // Chromium and the SFU want much of the machine: more at once would stutter.
          maxWorkers: 2,
          ...inGroup(3),
        },
      },
    ],
  },
})
