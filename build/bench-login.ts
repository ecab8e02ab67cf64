// Why: time-to-desktop is the product's promise, so it is measured where a person feels it: from Enter to the first
// frame and to the guest's confirmation, with the desktop running. Prints the phases' median and maximum, and what
// limits the whole. Never a test: a loaded machine would make it one that lies.
//   npm run bench:login -- --lab embedded|kvm --runs N [--engine latchkey|spice-html5] [--json]
import { cpus } from 'node:os'
import { phaseNames, type PhaseName } from '../shared/view/view-state.ts'
import { startChromiumKiosk } from '../electron/main/chromium.ts'
import { parseDemoArgs } from './demo/args.ts'
import { untilSignedOn, untilState } from './demo/drive.ts'
import { startRig } from './demo/rig.ts'
import { ensureRenderer } from './ensure-renderer.ts'
import { version } from './version.ts'

/** The issue's targets on loopback, ms from Enter. */
const TARGETS = { firstFrame: 400, confirmed: 600 } as const

interface Run {
  readonly phases: Readonly<Record<PhaseName, number | undefined>>
  readonly firstFrameMs: number
  readonly confirmedMs: number
  readonly outcome: string
}

interface Spread {
  readonly median: number
  readonly max: number
}

function spread(values: readonly (number | undefined)[]): Spread | null {
  const sorted = values.filter((v) => v !== undefined).sort((a, b) => a - b)
  if (sorted.length === 0) return null
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
  return { median: round(median), max: round(sorted.at(-1) ?? 0) }
}
const round = (ms: number): number => Math.round(ms * 10) / 10

async function main(): Promise<void> {
  const args = parseDemoArgs(process.argv.slice(2))
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  ensureRenderer()
  const rig = await startRig(args.lab, say, { show: 'single', engine: args.engine })
  const kiosk = await startChromiumKiosk({ configDir: rig.configDir, dev: true, headless: true, version: version(), logTo: () => undefined }).catch(async (e: unknown) => {
    // A real lab that is left running would be in the way of the next run.
    await rig.stop()
    throw e
  })
  const { app } = kiosk
  const { page } = kiosk.shell
  const runs: Run[] = []
  try {
    // One round first, not counted: the page's code is compiled and the guest's agent is surely up.
    for (let i = -1; i < args.runs; i++) {
      await page.locator('#password').waitFor()
      await page.locator('#user').fill(rig.user)
      await page.locator('#password').fill(rig.password)
      const entered = performance.now()
      const frame = untilState(app, (s) => s.name === 'connected', 'the first frame', 60_000).then(() => performance.now() - entered)
      const signedOn = untilSignedOn(app).then(({ outcome }) => ({ outcome, ms: performance.now() - entered }))
      const [firstFrameMs, { outcome, ms: confirmedMs }] = await Promise.all([frame, signedOn, page.locator('#password').press('Enter')])
      const phases = Object.fromEntries(app.phases.view().map((p) => [p.name, p.ms])) as Run['phases']
      if (i >= 0) runs.push({ phases, firstFrameMs, confirmedMs, outcome })
      say(`  ${i < 0 ? 'warm-up' : `run ${i + 1}`}: first frame ${firstFrameMs.toFixed(0)} ms, ${outcome} ${confirmedMs.toFixed(0)} ms`)
      // The next round starts from a guest at its sign-in screen.
      app.dispatch({ type: 'ui.guest', action: 'logoff' })
      await untilState(app, (s) => 'at' in s && s.at.guest !== undefined && s.at.guest.activeUser === undefined, 'the guest to log off')
      app.dispatch({ type: 'ui.signOut' })
      await untilState(app, (s) => s.name === 'signedOut', 'the sign-in screen')
    }
  } finally {
    await kiosk.close()
    await rig.stop()
  }
  const phases = Object.fromEntries(phaseNames.map((name) => [name, spread(runs.map((r) => r.phases[name]))]))
  const firstFrame = spread(runs.map((r) => r.firstFrameMs))
  const confirmed = spread(runs.map((r) => r.confirmedMs))
  const [slowest] = Object.entries(phases).filter(([name]) => name !== 'agent' && name !== 'inject' && name !== 'confirm').sort(([, a], [, b]) => (b?.median ?? 0) - (a?.median ?? 0))
  const result = {
    bench: 'login',
    lab: rig.lab,
    engine: args.engine,
    shell: kiosk.shell.name,
    runs: runs.length,
    cpus: cpus().length,
    outcomes: count(runs.map((r) => r.outcome)),
    firstFrameMs: firstFrame,
    confirmedMs: confirmed,
    targets: TARGETS,
    met: { firstFrame: (firstFrame?.median ?? Infinity) <= TARGETS.firstFrame, confirmed: (confirmed?.median ?? Infinity) <= TARGETS.confirmed },
    limitedBy: slowest ? `${slowest[0]} (median ${slowest[1]?.median ?? 0} ms)` : null,
    phases,
  }
  if (args.json) console.log(JSON.stringify(result, null, 2))
  else {
    console.log(`\nfirst frame ${firstFrame?.median ?? 0} ms (max ${firstFrame?.max ?? 0}), confirmed ${confirmed?.median ?? 0} ms (max ${confirmed?.max ?? 0}), limited by ${result.limitedBy ?? '?'}`)
    for (const [name, s] of Object.entries(phases)) console.log(`  ${name.padEnd(14)}${s ? `${s.median} ms (max ${s.max})` : '–'}`)
  }
}

function count(words: readonly string[]): Record<string, number> {
  const out: Record<string, number> = {}
  for (const w of words) out[w] = (out[w] ?? 0) + 1
  return out
}

await main()
