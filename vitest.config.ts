import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Starts a broker when the first test file asks for it.
    globalSetup: ['test/support/kafka/kafka-desk.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
