// Why: where the engine's worker spends its time while it is measured: a CPU profile for the browser's own viewer, and
// its hottest functions in words.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Nested } from './bare-page.ts'
import type { Watch } from './browser.ts'

interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: { readonly functionName: string; readonly lineNumber: number } }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** Self time in percent, the largest first. */
export function hottest(profile: Profile, most: number): string[] {
  const names = new Map(profile.nodes.map((n) => [n.id, `${n.callFrame.functionName || '(anonymous)'}:${n.callFrame.lineNumber + 1}`]))
  const self = new Map<string, number>()
  let all = 0
  profile.samples.forEach((id, i) => {
    const name = names.get(id) ?? '?'
    const us = profile.timeDeltas[i] ?? 0
    self.set(name, (self.get(name) ?? 0) + us)
    all += us
  })
  return [...self].sort((a, b) => b[1] - a[1]).slice(0, most).map(([name, us]) => `${((us / all) * 100).toFixed(1)}% ${name}`)
}

/** Profiles every worker of the page from its start; then writes the files. */
export function profileWorkers(folder: string): Watch {
  let n = 0
  return async (page) => {
    const workers: Nested[] = []
    page.onAttached = (child, type) => {
      if (type !== 'worker') return
      workers.push(child)
      void child.send('Profiler.enable').then(() => child.send('Profiler.start'))
    }
    await page.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false })
    return async () => {
      mkdirSync(folder, { recursive: true })
      for (const worker of workers) {
        const { profile } = (await worker.send('Profiler.stop')) as { profile: Profile }
        const file = join(folder, `worker-${++n}.cpuprofile`)
        writeFileSync(file, JSON.stringify(profile))
        process.stderr.write(`  ${file}: ${hottest(profile, 14).join('  ')}\n`)
      }
    }
  }
}
