// Why: tests of the console need both ends at once: keys and mouse as a person moves them on the page, and what the
// guest really got. Geometry is worked out here anew, not asked of the code under test.
import type { CDPSession, Locator, Page } from 'playwright-core'
import type { EmbeddedHypervisor } from '../../embedded/hypervisor.ts'
import { DesktopScreen } from '../../embedded/spice/desktop-screen.ts'
import type { InputEvent } from '../../embedded/spice/screen.ts'
import type { SpiceServer } from '../../embedded/spice/server.ts'
import { SpiceDisplay } from '../../embedded/vm/spice-display.ts'

/** The SPICE server of a simulated machine. */
export function serverOf(hypervisor: EmbeddedHypervisor, domain = 'ada-desktop'): SpiceServer {
  const display = hypervisor.domains.get(domain)?.display
  if (!(display instanceof SpiceDisplay)) throw new Error(`${domain} has no SPICE display`)
  return display.server
}

/** The signed-in guest's screen. Throws while the guest shows something else. */
export function desktopOf(server: SpiceServer): DesktopScreen {
  if (!(server.screen instanceof DesktopScreen)) throw new Error('the guest does not show a desktop')
  return server.screen
}

export interface GuestInput {
  readonly all: InputEvent[]
  /** Key events as in a scancode listing: "1e" press, "1e^" release, "e0 48" extended. */
  keys(): string[]
  clear(): void
}

/** Records what reaches the guest from now on. */
export function recordInput(server: SpiceServer): GuestInput {
  const all: InputEvent[] = []
  server.onInput((e) => void all.push(e))
  return {
    all,
    keys: () => all.flatMap((e) => (e.kind === 'key' ? [`${e.extended ? 'e0 ' : ''}${e.code.toString(16).padStart(2, '0')}${e.down ? '' : '^'}`] : [])),
    clear: () => void all.splice(0),
  }
}

const modifierBits: Readonly<Record<string, number>> = { AltLeft: 1, AltRight: 1, ControlLeft: 2, ControlRight: 2, MetaLeft: 4, MetaRight: 4, ShiftLeft: 8, ShiftRight: 8 }

/** A keyboard with every key that has a code, which Playwright's own has not. */
export class CodeKeyboard {
  readonly #session: CDPSession
  #held: string[] = []

  private constructor(session: CDPSession) {
    this.#session = session
  }
  static async open(page: Page): Promise<CodeKeyboard> {
    return new CodeKeyboard(await page.context().newCDPSession(page))
  }

  async down(code: string): Promise<void> {
    if (!this.#held.includes(code)) this.#held.push(code)
    await this.#send('rawKeyDown', code)
  }
  async up(code: string): Promise<void> {
    this.#held = this.#held.filter((c) => c !== code)
    await this.#send('keyUp', code)
  }
  /** Presses in order, releases in reverse. */
  async chord(...codes: string[]): Promise<void> {
    for (const code of codes) await this.down(code)
    for (const code of codes.toReversed()) await this.up(code)
  }

  async #send(type: 'rawKeyDown' | 'keyUp', code: string): Promise<void> {
    const modifiers = this.#held.reduce((bits, c) => bits | (modifierBits[c] ?? 0), 0)
    await this.#session.send('Input.dispatchKeyEvent', { type, code, modifiers, key: /^Key[A-Z]$/.test(code) ? code.slice(3).toLowerCase() : code })
  }
}

/** Shows our controls as a person does and chooses from their menu. */
export async function chooseFromMenu(page: Page, item: string): Promise<void> {
  await page.keyboard.press('Control+Alt+Home')
  await page.getByRole('menuitem', { name: item }).click()
}

/** Where the guest's picture is. An engine may draw the guest's pointer into a small second canvas, which comes after it. */
export const guestCanvas = (page: Page): Locator => page.locator('.console-surface canvas').first()

/** CSS pixel of the page that shows this pixel of the guest's surface, for a surface that is fitted and centred. */
export async function onPage(page: Page, surface: { readonly width: number; readonly height: number }, at: { readonly x: number; readonly y: number }): Promise<{ x: number; y: number; scale: number }> {
  const box = await guestCanvas(page).boundingBox()
  if (!box) throw new Error('the page shows no canvas')
  const scale = Math.min(box.width / surface.width, box.height / surface.height)
  const left = box.x + (box.width - surface.width * scale) / 2
  const top = box.y + (box.height - surface.height * scale) / 2
  return { x: left + (at.x + 0.5) * scale, y: top + (at.y + 0.5) * scale, scale }
}

/** Live objects of a DOM interface in the page, after a garbage collection. */
export async function liveObjects(page: Page, name: 'MessagePort' | 'HTMLCanvasElement'): Promise<number> {
  const session = await page.context().newCDPSession(page)
  try {
    await session.send('HeapProfiler.enable')
    await session.send('HeapProfiler.collectGarbage')
    const { result } = await session.send('Runtime.evaluate', { expression: `${name}.prototype` })
    const { objects } = await session.send('Runtime.queryObjects', { prototypeObjectId: result.objectId ?? '' })
    const { result: count } = await session.send('Runtime.callFunctionOn', { objectId: objects.objectId ?? '', functionDeclaration: 'function () { return this.length }', returnByValue: true })
    return count.value as number
  } finally {
    await session.detach()
  }
}
