import { defineConfig } from 'vitest/config'
import { TallyReporter } from './test/support/reporter.ts'

export default defineConfig({
  test: {
    name: 'soak',
    include: ['test/soak/**/*.test.ts'],
    // Each has the machine to itself: what one leaves behind is what the other would measure.
    fileParallelism: false,
    reporters: ['verbose', new TallyReporter()],
    testTimeout: 3_600_000,
    hookTimeout: 60_000,
  },
})
