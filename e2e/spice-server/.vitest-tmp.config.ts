import { defineConfig } from 'vitest/config'
export default defineConfig({ root: '/work/main', test: { include: ['e2e/spice-server/**/*.test.ts'], testTimeout: 60000, pool: 'forks', maxWorkers: 1 } })
