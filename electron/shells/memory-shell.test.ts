// Why: the memory shell must keep the same contract as the real ones, or tests that use it prove nothing.
import { expect, it } from 'vitest'
import { CONTRACT_PAGE } from './contract-page.testkit.ts'
import { MemoryShell, type FakeWindow } from './memory-shell.testkit.ts'
import { shellContract, type ShellHarness } from './shell-contract.testkit.ts'

type TestPage = Record<string, (...args: unknown[]) => unknown>

shellContract('memory', async (): Promise<ShellHarness> => {
  const shell = new MemoryShell()
  // The page's text is a constant of this folder; it runs on the fake window as a browser would run it on a real one.
  shell.onLoad = (window: FakeWindow) => void (new Function('window', CONTRACT_PAGE) as (w: FakeWindow) => void)(window)
  return {
    open: (attach) => shell.open(attach),
    call: async (method, ...args) => (shell.window as unknown as { testPage: TestPage }).testPage[method]!(...args),
    reload: async () => shell.reload(),
    kill: async () => shell.reload(),
    close: () => shell.close(),
  }
})

it('the memory shell reports its end once', async () => {
  const shell = new MemoryShell()
  await shell.open(() => {})
  const ends: string[] = []
  shell.onClosed((c) => ends.push(c.why))
  shell.end({ why: 'user', detail: '' })
  await shell.close()
  expect(ends).toEqual(['user'])
})
