// Why: the end-to-end projects: the Chromium shell over the embedded hypervisor (always), the real hypervisor (root on
// Debian), and Electron (where its binary is).
import { defineConfig } from '@playwright/test'
import { electronBinary } from '../electron/main/places.ts'

export default defineConfig({
  testDir: 'specs',
  outputDir: '../test-results/e2e',
  // Generous: two cores, software drawing, a guest under emulation. What must be fast is measured by the bench.
  timeout: 90_000,
  expect: { timeout: 20_000 },
  workers: 2,
  fullyParallel: true,
  forbidOnly: true,
  // A browser, an X server and a machine under emulation on two cores: once more in CI, where it is then told as flaky.
  retries: process.env['CI'] === 'true' ? 1 : 0,
  reporter: [['list']],
  projects: [
    { name: 'chromium-shell', testMatch: '*.spec.ts', testIgnore: ['*.lab.spec.ts', '*.electron.spec.ts'] },
    { name: 'real-hypervisor', testMatch: '*.lab.spec.ts', fullyParallel: false, workers: 1, timeout: 180_000 },
    ...(electronBinary() === undefined ? [] : [{ name: 'electron-shell', testMatch: '*.electron.spec.ts' }]),
  ],
})
