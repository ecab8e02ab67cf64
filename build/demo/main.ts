// Why: `npm run demo`: the product's main job, on an embedded hypervisor (or the real lab), for somebody who has
// nothing but Node. With a display a person does it; without one it does it itself and leaves pictures.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { toAppError } from '../../electron/core/errors.ts'
import type { SsoOutcome } from '../../shared/sso.ts'
import { startChromiumKiosk } from '../../electron/main/chromium.ts'
import { electronBinary } from '../../electron/main/places.ts'
import { runKiosk } from '../../electron/main/run.ts'
import { ensureRenderer } from '../ensure-renderer.ts'
import { version } from '../version.ts'
import { EXIT_USAGE } from '../../electron/main/exit.ts'
import { ENDPOINT_KINDS, parseDemoArgs, UsageError, type DemoArgs } from './args.ts'
import { phaseReport, pickDesktop, typeSignIn, untilSignedOn, untilState } from './drive.ts'
import { printReport, type DemoReport } from './report.ts'
import { startRig, type Rig } from './rig.ts'

const USAGE = `
usage: npm run demo -- [--endpoint ${ENDPOINT_KINDS.join('|')}] [--engine latchkey|spice-html5]
                       [--headless] [--out FOLDER] [--lab embedded|kvm]`

const say = (line: string): void => console.log(line)

/** Frames that follow the sign-on (the guest repaints its screen) need a moment before the last picture, ms. */
const REPAINT = 1500
/** For a guest whose session nobody reports: how long to look for it there, ms. */
const SESSION = 20_000
/** Sign-ons that a hypervisor does not report, or that are not ours: the guest itself is asked whose session it has. */
const UNTOLD: ReadonlySet<SsoOutcome> = new Set(['unreported', 'off'])

async function scripted(rig: Rig, out: string): Promise<DemoReport> {
  mkdirSync(out, { recursive: true })
  const screenshots: string[] = []
  const log: string[] = []
  const kiosk = await startChromiumKiosk({ configDir: rig.configDir, dev: true, headless: true, version: version(), logTo: (line) => void log.push(line) })
  const { app, shell } = kiosk
  const shoot = async (name: string): Promise<void> => {
    await shell.screenshot(join(out, `${name}.png`))
    screenshots.push(`${name}.png`)
    say(`  picture  ${name}.png`)
  }
  try {
    await shell.page.locator(rig.anonymous ? 'form.sign-in' : '#user').waitFor()
    if (!rig.anonymous) await shell.page.locator('#user').fill(rig.user)
    await shoot('1-sign-in')
    const entered = performance.now()
    if (rig.anonymous) await shell.page.getByRole('button', { name: 'Connect' }).press('Enter')
    else await typeSignIn(shell.page, rig.user, rig.password)
    const first = await untilState(app, (s) => s.name === 'choosing' || s.name === 'preparing', 'the desktops')
    const listed = performance.now()
    let picked = listed
    if (first.name === 'choosing') {
      if (first.error) throw new Error(`the list of desktops failed: ${first.error.code}`)
      await shell.page.getByRole('row', { name: rig.desktopTitle }).waitFor()
      await shoot('2-desktops')
      picked = performance.now()
      await pickDesktop(shell.page, rig.desktopTitle)
    }
    await untilState(app, (s) => s.name === 'preparing' || s.name === 'connecting' || s.name === 'connected', 'the start of the desktop')
    await shoot('3-signing-in')
    // Together, so that the failure of one is not left uncaught behind the other's.
    const [sso] = await Promise.all([untilSignedOn(app), untilState(app, (s) => s.name === 'connected', 'the first frame', 90_000)])
    if (UNTOLD.has(sso.outcome)) await untilGuestUser(rig)
    const done = performance.now()
    await new Promise((r) => setTimeout(r, REPAINT))
    await shoot('4-console')
    const state = app.state
    const phases = phaseReport(app.phases.view())
    const guestUser = rig.guestUser?.()
    const told = sso.outcome === 'confirmed' || sso.outcome === 'already-signed-in'
    return {
      // Where the guest can be asked, its word decides: a confirmation of a session that is not there is no success.
      ok: state.name === 'connected' && (told || UNTOLD.has(sso.outcome)) && (rig.guestUser === undefined ? told : guestUser !== undefined && (rig.anonymous === true || guestUser === rig.user)),
      shell: shell.name,
      lab: rig.lab,
      endpoint: rig.endpointKind,
      desktop: rig.desktopTitle,
      sso,
      guestUser: guestUser ?? null,
      phases,
      totalMs: Math.round(listed - entered + (done - picked)),
      screenshots,
    }
  } catch (e) {
    process.stderr.write(log.join(''))
    throw e
  } finally {
    await kiosk.close()
  }
}

async function untilGuestUser(rig: Rig): Promise<void> {
  for (const until = performance.now() + SESSION; rig.guestUser?.() === undefined && performance.now() < until; ) await new Promise((r) => setTimeout(r, 100))
}

function haveDisplay(args: DemoArgs): boolean {
  if (args.headless === true) return false
  return process.env['DISPLAY'] !== undefined || process.env['WAYLAND_DISPLAY'] !== undefined
}

async function interactive(rig: Rig): Promise<number> {
  say(rig.anonymous ? 'Opening the kiosk. This display asks nobody who they are: press Connect.' : `Opening the kiosk. Sign in as "${rig.user}"; the password is on the screen.`)
  say(electronBinary() === undefined ? 'Electron is not installed here: using Chromium.' : 'Using Electron.')
  try {
    return await runKiosk({ configDir: rig.configDir, shell: undefined, dev: true, headless: false, version: version() })
  } catch (e) {
    const error = toAppError(e)
    if (error.code !== 'shell.unavailable') throw e
    say(`There is a display, but no browser to show a window with (${error.detail}).`)
    say('Get one of these, then run the demo again:')
    say('  Electron:  npx install-electron --no     (or: node node_modules/electron/install.js)')
    say('  Chromium:  apt install chromium          (Debian, Ubuntu; or your distribution\'s package)')
    say('Or see it without a window:  npm run demo -- --headless')
    return 69
  }
}

async function main(): Promise<number> {
  const args = parseDemoArgs(process.argv.slice(2), ENDPOINT_KINDS)
  ensureRenderer()
  say(args.lab === 'kvm' ? 'Starting the real lab (libvirt, QEMU, sshd) …' : 'Starting the embedded hypervisor …')
  const rig = await startRig(args.lab, say, { engine: args.engine, endpoint: args.endpoint })
  try {
    if (haveDisplay(args)) return await interactive(rig)
    const out = resolve(args.out)
    const report = await scripted(rig, out)
    writeFileSync(join(out, 'report.json'), `${JSON.stringify(report, null, 2)}\n`)
    printReport(report, say)
    say(`  report:  ${join(args.out, 'report.json')}`)
    return report.ok ? 0 : 1
  } finally {
    await rig.stop()
  }
}

main().then(
  (status) => {
    process.exitCode = status
  },
  (e: unknown) => {
    console.error(e instanceof Error ? e.message : e)
    if (e instanceof UsageError) console.error(USAGE)
    process.exitCode = e instanceof UsageError ? EXIT_USAGE : 1
  },
)
