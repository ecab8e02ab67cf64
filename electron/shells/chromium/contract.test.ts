// Why: the Chromium link with a real browser keeps the same contract as every other link.
import { afterAll, beforeAll } from 'vitest'
import { CONTRACT_PAGE } from '../contract-page.testkit.ts'
import { shellContract, type ShellHarness } from '../shell-contract.testkit.ts'
import { npmBrowser, testAssets, testShell, type TestBrowser } from './real-browser.testkit.ts'

let browser: TestBrowser
beforeAll(async () => {
  browser = await npmBrowser()
}, 60_000)
afterAll(async () => browser?.remove())

shellContract('chromium (npm binary)', async (): Promise<ShellHarness> => {
  const shell = testShell(browser.executable, testAssets(CONTRACT_PAGE))
  return {
    open: (attach) => shell.open(attach),
    call: (method, ...args) =>
      shell.page.evaluate(([m, a]) => (globalThis as unknown as { testPage: Record<string, (...x: unknown[]) => unknown> }).testPage[m]!(...a), [method, args] as const),
    reload: async () => void (await shell.page.reload()),
    kill: async () => {
      for (const p of await shell.processes()) if (p.type === 'renderer') process.kill(p.id, 'SIGKILL')
    },
    close: () => shell.close(),
  }
})
