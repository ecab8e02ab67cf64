// Why: the pointer is where the person's is, to the pixel, and looks as the guest wants; keys arrive; lock lamps agree.
import type { Page } from 'playwright-core'
import type { Check, Visit } from './check.ts'
import { clickTerminal, geometry, typeLine } from './checks-picture.ts'
import { eventually, must } from './expect.ts'

const pointerInGuest = async ({ inside }: Visit): Promise<readonly [x: number, y: number]> => {
  const text = await inside.shell('xdotool getmouselocation')
  return [Number(/x:(\d+)/.exec(text)?.[1]), Number(/y:(\d+)/.exec(text)?.[1])]
}
/** The guest's own way from the agent's tablet to the screen rounds down: its axis has one step more than the screen has pixels. */
const isAt = (v: number, wanted: number): boolean => v === wanted || v === wanted - 1

const cssCursor = (page: Page): Promise<string> => page.evaluate(() => document.querySelector<HTMLElement>('.console-surface')?.style.cursor ?? '')

const capsInGuest = async ({ inside }: Visit): Promise<boolean> => /Caps Lock:\s+on/.test(await inside.shell('xset -q'))

/** A key as a browser tells it from a keyboard whose lamp is lit; a browser without a screen has no lamp of its own. */
const keyWithCaps = (page: Page, lit: boolean): Promise<void> =>
  page.evaluate((caps) => {
    const at = document.querySelector('.console-surface')
    // The console looks at the lamps once after it got the keyboard.
    window.dispatchEvent(new Event('blur'))
    for (const type of ['keydown', 'keyup']) at?.dispatchEvent(new KeyboardEvent(type, { code: 'ShiftLeft', key: 'Shift', modifierCapsLock: caps, bubbles: true, cancelable: true }))
  }, lit)

export const inputChecks: readonly Check[] = [
  {
    name: 'pointer: absolute, through the agent',
    async run(v) {
      for (const [x, y] of [[11, 790], [1270, 12], [640, 400], [333, 222]] as const) {
        await v.kiosk.page.mouse.move(x, y, { steps: 4 })
        await eventually(`the guest's pointer for ${x},${y}`, 15, () => pointerInGuest(v), ([gx, gy]) => isAt(gx, x) && isAt(gy, y))
      }
      must((await v.kiosk.page.evaluate(() => document.pointerLockElement === null)), 'the pointer is locked')
      return { positions: 4 }
    },
  },
  {
    name: 'pointer: its shape is the guest\'s',
    async run(v) {
      const { page } = v.kiosk
      const at = await geometry(v, 'Terminal')
      const shapes = new Map<string, string>()
      const places = [['text', at.x + 200, at.y + 100], ['wallpaper', 1200, 700], ['edge', at.x + 100, at.y + at.height + 2]] as const
      for (const [name, x, y] of places) {
        await page.mouse.move(x, y, { steps: 6 })
        const known = [...shapes.values()]
        shapes.set(name, await eventually(`the pointer over ${name}`, 15, () => cssCursor(page), (c) => c.startsWith('url("data:image/png') && !known.includes(c)))
      }
      const hot = [...shapes].map(([name, css]) => `${name}@${/\)\s*(\d+) (\d+)/.exec(css)?.slice(1).join(',') ?? '?'}`)
      return { shapes: shapes.size, hotspots: hot.join(' ') }
    },
  },
  {
    name: 'keys: what is typed arrives',
    async run(v) {
      await clickTerminal(v)
      const text = 'The quick (brown) fox; "jumps" \\over/ 13 {lazy} dogs & <cats> ~ | ^'
      await v.inside.shell('rm -f /tmp/typed')
      await typeLine(v, 'clear; cat > /tmp/typed')
      await typeLine(v, text)
      await v.kiosk.page.keyboard.press('Control+d')
      await eventually('the file that was typed', 20, () => v.inside.shell('cat /tmp/typed 2>/dev/null || :'), (t) => t === `${text}\n`)
      return { characters: text.length }
    },
  },
  {
    name: 'keys: caps lock follows this keyboard\'s lamp',
    async run(v) {
      const { page } = v.kiosk
      await v.inside.shell('xset -q | grep -q "Caps Lock: *on" || xdotool key Caps_Lock')
      must(await capsInGuest(v), 'the guest did not light its lamp')
      await keyWithCaps(page, false)
      await eventually('the guest\'s caps lock', 15, () => capsInGuest(v), (on) => !on)
      await keyWithCaps(page, true)
      await eventually('the guest\'s caps lock', 15, () => capsInGuest(v), (on) => on)
      await keyWithCaps(page, false)
      await eventually('the guest\'s caps lock', 15, () => capsInGuest(v), (on) => !on)
      return { changes: 3 }
    },
  },
  {
    name: 'sound: the guest plays, the page hears',
    async run(v) {
      await v.inside.shell('amixer -q sset Master 80% unmute 2>/dev/null || :')
      await v.inside.launch('speaker-test -D plughw:0,0 -c 2 -b 200000 -p 50000 -t sine -f 440 -l 4')
      const session = await v.kiosk.page.context().newCDPSession(v.kiosk.page)
      const nodes = async (): Promise<number> => {
        const { result } = await session.send('Runtime.evaluate', { expression: 'AudioWorkletNode.prototype' })
        const { objects } = await session.send('Runtime.queryObjects', { prototypeObjectId: result.objectId ?? '' })
        const { result: count } = await session.send('Runtime.callFunctionOn', { objectId: objects.objectId ?? '', functionDeclaration: 'function () { return this.length }', returnByValue: true })
        return count.value as number
      }
      try {
        await eventually('audio nodes in the page', 20, nodes, (n) => n >= 1)
      } finally {
        await session.detach()
        await v.inside.shell('pkill -u ada speaker-test || :')
      }
      return { heard: true }
    },
  },
]
