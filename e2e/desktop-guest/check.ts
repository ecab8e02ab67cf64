// Why: runs every check on one visit to the desktop and says how each went: a line for a person, JSON for a program. A check that
// fails doesn't stop the others; what stands on the screen at that moment is kept.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { clipboardChecks, closedClipboardChecks } from './checks-clipboard.ts'
import { inputChecks } from './checks-input.ts'
import { pictureChecks } from './checks-picture.ts'
import { windowChecks } from './checks-window.ts'
import { guestPaths } from './facts.ts'
import type { Inside } from './inside.ts'
import { openKiosk, type Kiosk } from './kiosk.ts'
import { start } from './start.ts'
import type { Log } from '../lab/install.ts'
import type { Lab } from '../lab/lab.ts'

export interface Visit {
  readonly lab: Lab
  readonly inside: Inside
  readonly kiosk: Kiosk
  /** Keeps what is on the glass as NAME.png. */
  picture(name: string): Promise<void>
}

export type Facts = Readonly<Record<string, string | number | boolean>>
export interface Check {
  readonly name: string
  /** @returns what was measured; throws with what is wrong */
  readonly run: (v: Visit) => Promise<Facts>
}
export interface Result {
  readonly name: string
  readonly ok: boolean
  readonly ms: number
  readonly facts: Facts
  readonly error?: string
}

/** @param only run checks whose names contain this */
export async function check(log: Log, only = ''): Promise<{ readonly ok: boolean; readonly results: readonly Result[] }> {
  const { lab, inside } = await start(log)
  rmSync(guestPaths.pictures, { recursive: true, force: true })
  mkdirSync(guestPaths.pictures, { recursive: true, mode: 0o755 })
  const results: Result[] = []
  const visits: readonly (readonly ['both' | 'off', readonly Check[]])[] = [
    ['both', [...pictureChecks, ...inputChecks, ...clipboardChecks, ...windowChecks]],
    ['off', closedClipboardChecks],
  ]
  for (const [clipboard, checks] of visits) {
    const chosen = checks.filter((c) => c.name.includes(only))
    if (chosen.length === 0) continue
    await tidy(inside)
    const kiosk = await openKiosk(lab, { clipboard })
    const visit: Visit = {
      lab, inside, kiosk,
      async picture(name) {
        writeFileSync(join(guestPaths.pictures, `${name}.png`), await kiosk.page.screenshot())
      },
    }
    try {
      const report = async (c: Check): Promise<void> => void results.push(await one(c, visit, log))
      await report({ name: `sign in, clipboard ${clipboard}`, run: signIn })
      if (results.at(-1)?.ok === true) for (const c of chosen) await report(c)
      await report({ name: `the page has no complaint, clipboard ${clipboard}`, run: noComplaint })
    } finally {
      await kiosk.close()
    }
  }
  return { ok: results.every((r) => r.ok), results }
}

async function one(c: Check, visit: Visit, log: Log): Promise<Result> {
  const began = performance.now()
  const took = (): number => Math.round(performance.now() - began)
  try {
    const facts = await c.run(visit)
    const result = { name: c.name, ok: true, ms: took(), facts }
    log(`ok    ${c.name}  ${Object.entries(facts).map(([k, v]) => `${k}=${v}`).join(' ')}  (${result.ms} ms)`)
    return result
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    log(`FAIL  ${c.name}: ${message}`)
    await visit.picture(`failed-${c.name.replaceAll(/[^a-z0-9]+/gi, '-')}`).catch(() => undefined)
    return { name: c.name, ok: false, ms: took(), facts: {}, error: message }
  }
}

/** What an earlier visit left: windows besides the first terminal, the clipboard, lamps. */
async function tidy(inside: Inside): Promise<void> {
  // Its own idea of who is signed in begins anew, so that the sign-on is one.
  await inside.root('systemctl restart latchkey-agent')
  await inside.shell('pkill -u ada xclip; pkill -u ada feh; pkill -u ada xterm; sleep 0.3; feh --no-fehbg --bg-tile /etc/desktop-guest/wallpaper.png; xset -q | grep -q "Caps Lock: *on" && xdotool key Caps_Lock; :')
  await inside.launch('xterm -title Terminal -geometry 80x20+40+60')
}

async function signIn({ kiosk }: Visit): Promise<Facts> {
  const { outcome, ms } = await kiosk.enter()
  if (outcome !== 'confirmed') throw new Error(`the guest's sign-on ended as ${outcome}`)
  return { outcome, ms }
}

async function noComplaint({ kiosk }: Visit): Promise<Facts> {
  // The check of a closed clipboard tries it, and Chromium says so.
  const complaints = kiosk.complaints.filter((c) => !c.includes('The Clipboard API has been blocked'))
  if (complaints.length > 0) throw new Error(complaints.slice(0, 3).join(' | '))
  return { complaints: 0 }
}
