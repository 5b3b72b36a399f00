import type { Environment } from 'vitest/runtime'

/** Compiles what it runs as for a browser: what is compiled for a server has runes that do not react. There is no DOM. */
const client: Environment = {
  name: 'client',
  viteEnvironment: 'client',
  setup: () => ({ teardown() {} }),
}

export default client
