// Why: everything that needs a real browser, on the binary that npm brings: it is there in every checkout, so none of
// this is ever skipped. One file, because unpacking the binary takes seconds.
import { afterAll, beforeAll } from 'vitest'
import { CONTRACT_PAGE } from '../contract-page.testkit.ts'
import { shellContract, type ShellHarness } from '../shell-contract.testkit.ts'
import { hardeningSuite } from './hardening.testkit.ts'
import { lifeSuite } from './life.testkit.ts'
import { npmBrowser, testAssets, testShell, type TestBrowser } from './real-browser.testkit.ts'

let browser: TestBrowser
beforeAll(async () => {
  browser = await npmBrowser()
}, 120_000)
afterAll(async () => browser?.remove(), 30_000)

shellContract('chromium', async (): Promise<ShellHarness> => {
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

hardeningSuite('npm binary', async () => browser)
lifeSuite(async () => browser)
