// Why: the pointer is where the person's is, to the pixel, and looks as the guest wants; keys arrive; lock lamps agree.
import type { Page } from 'playwright-core'
import type { Check, Visit } from './check.ts'
import { clickTerminal, geometry, typeLine } from './checks-picture.ts'
import { eventually, must } from './expect.ts'
import { differing, ofQemu, type Box, type Picture } from './pixels.ts'

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

/** Asks the browser for every object of a class in the page, and them something. @param what an expression over `this`, the objects */
async function ofClass(page: Page, name: string, what: string): Promise<number> {
  const session = await page.context().newCDPSession(page)
  try {
    const { result } = await session.send('Runtime.evaluate', { expression: `${name}.prototype` })
    const { objects } = await session.send('Runtime.queryObjects', { prototypeObjectId: result.objectId ?? '' })
    const { result: answer } = await session.send('Runtime.callFunctionOn', { objectId: objects.objectId ?? '', functionDeclaration: `function () { return ${what} }`, returnByValue: true })
    return answer.value as number
  } finally {
    await session.detach()
  }
}

/** Moves the pointer and waits until the guest has it there. */
async function goTo(v: Visit, x: number, y: number): Promise<void> {
  await v.kiosk.page.mouse.move(x, y, { steps: 6 })
  await eventually(`the guest's pointer for ${x},${y}`, 15, () => pointerInGuest(v), ([gx, gy]) => isAt(gx, x) && isAt(gy, y))
}

/** All of a picture but what a pointer at a place may cover. */
function around({ width, height }: Picture, x: number, y: number): Box[] {
  const [left, top, right, bottom] = [x - 24, y - 24, x + 24, y + 24]
  return [{ left: 0, top: 0, right: width, bottom: top }, { left: 0, top: bottom, right: width, bottom: height }, { left: 0, top, right: left, bottom }, { left: right, top, right: width, bottom }]
}

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
    name: 'pointer: there is exactly one, the page\'s or the guest\'s own',
    async run(v) {
      const { page } = v.kiosk
      const at = await geometry(v, 'Terminal')
      await goTo(v, 1270, 12)
      const without = await ofQemu(v.lab)
      const found: Record<string, string> = {}
      for (const [name, x, y] of [['text', at.x + 200, at.y + 100], ['wallpaper', 1200, 700], ['title', at.x + 300, at.y - 10]] as const) {
        await goTo(v, x, y)
        found[name] = await eventually(`who shows the pointer over ${name}`, 15, async () => {
          const ofPage = (await cssCursor(page)).startsWith('url("data:image/png')
          // QEMU's screenshot has no pointer in it but one that the guest's own X server has drawn.
          const ofGuest = differing(without, await ofQemu(v.lab), around(without, x, y)) > 0
          return ofPage ? (ofGuest ? 'both' : 'page') : ofGuest ? 'guest' : 'nobody'
        }, (who) => who === 'page' || who === 'guest')
      }
      must(Object.values(found).includes('page'), 'the page never had a shape')
      return found
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
      try {
        // The node is made once the worklet's script has come; the context runs once the page may sound.
        await eventually('audio nodes in the page', 20, () => ofClass(v.kiosk.page, 'AudioWorkletNode', 'this.length'), (n) => n === 1)
        await eventually('seconds of sound', 20, () => ofClass(v.kiosk.page, 'AudioContext', 'Math.max(...this.map((c) => c.state === "running" ? c.currentTime : 0))'), (t) => t > 2)
      } finally {
        await v.inside.shell('pkill -u ada speaker-test || :')
      }
      return { heard: true }
    },
  },
]
