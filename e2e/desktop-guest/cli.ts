// Why: the desktop guest by hand: build, start, stop, check, open. See README.md. Never prints a password.
import { build } from './build.ts'
import { check } from './check.ts'
import { removeDomain, stateOf } from './domain.ts'
import { domain, guestPaths } from './facts.ts'
import { openKiosk } from './kiosk.ts'
import { start } from './start.ts'
import { refuseWrongMachine, runningLab } from '../lab/lab.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const tell = (line: string): void => void process.stderr.write(`${line}\n`)
const args = process.argv.slice(3)
const flag = (name: string): boolean => args.includes(`--${name}`)
const value = (name: string): string | undefined => (flag(name) ? args[args.indexOf(`--${name}`) + 1] : undefined)

const commands: Record<string, () => Promise<number>> = {
  async build() {
    refuseWrongMachine()
    await build(say)
    return 0
  },
  /** --ums: the display without the kernel's driver. */
  async start() {
    refuseWrongMachine()
    await start(say, { ums: flag('ums') })
    say(`"${domain.title}" runs in the lab; sign in as ada, whose password is in the lab's state file`)
    return 0
  },
  async status() {
    const lab = await runningLab()
    const state = lab === undefined ? 'unknown' : await stateOf(lab)
    say(state)
    return state === 'running' ? 0 : 3
  },
  /** Leaves the lab as it is. */
  async stop() {
    const lab = await runningLab()
    if (lab !== undefined) await removeDomain(lab)
    return 0
  },
  /** --json: the report on standard output, progress on standard error. --only TEXT: checks whose names contain it. */
  async check() {
    refuseWrongMachine()
    const report = await check(flag('json') ? tell : say, value('only'))
    if (flag('json')) say(JSON.stringify(report, undefined, 2))
    else say(`${report.results.filter((r) => r.ok).length} of ${report.results.length} hold; pictures in ${guestPaths.pictures}`)
    return report.ok ? 0 : 1
  },
  /** A window on the desktop, signed in; needs a display. Ends with Ctrl-C. */
  async open() {
    const { lab } = await start(say)
    const kiosk = await openKiosk(lab, { headless: false })
    await kiosk.enter()
    say('signed in; Ctrl-C ends it')
    await new Promise<void>((resolve) => process.once('SIGINT', () => { resolve() }))
    await kiosk.close()
    return 0
  },
}

const command = commands[process.argv[2] ?? '']
if (command === undefined) {
  process.stderr.write(`usage: node e2e/desktop-guest/cli.ts ${Object.keys(commands).join('|')}\n`)
  process.exitCode = 64
} else {
  const status = await command().catch((error: unknown) => {
    process.stderr.write(`desktop guest: ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  })
  process.exit(status)
}
