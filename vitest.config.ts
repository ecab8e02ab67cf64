import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{shared,electron,renderer,embedded,build}/**/*.test.{ts,tsx}', 'e2e/{lab,fakes,spice-server}/**/*.test.ts'],
    // Secrets and phases are timed by injected clocks; a test that waits for real time is a mistake.
    testTimeout: 20_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
