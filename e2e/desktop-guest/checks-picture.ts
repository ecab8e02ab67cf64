// Why: what a person looks at on a desktop: text, scrolling, a photo, a window that moves. Each is let come to rest and must then be,
// pixel for pixel, what QEMU has drawn.
import { setTimeout as sleep } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import type { Check, Facts, Visit } from './check.ts'
import { eventually, must } from './expect.ts'
import { colours, differing, ofEngine, ofGlass, ofQemu, type Picture } from './pixels.ts'

interface Agreement {
  readonly size: string
  readonly engine: number
  readonly glass: number
  readonly colours: number
  /** Of QEMU's picture. */
  readonly sum: number
}

/** Pixels of engine and glass that are not as QEMU has them. */
async function agreement({ lab, kiosk: { page } }: Visit): Promise<Agreement> {
  const [truth, engine, glass] = [await ofQemu(lab), await ofEngine(page), await ofGlass(page)]
  return { size: `${truth.width}x${truth.height}`, engine: differing(truth, engine), glass: glass.scaled ? -1 : differing(truth, glass, glass.controls), colours: colours(truth), sum: sumOf(truth) }
}

/**
 * Waits until all three agree, twice about the same picture: in between, the guest may be about to go on drawing.
 * @param unlike sums of pictures that it must not be: what was to be drawn is not yet there
 * @returns how it looked
 */
export async function agrees(v: Visit, unlike: readonly number[] = []): Promise<Facts> {
  let last = -1
  const isAtRest = (sum: number): boolean => {
    const same = sum === last
    last = sum
    return same
  }
  const found = await eventually('pixels that differ (-1: scaled)', 30, async () => {
    await sleep(700)
    return agreement(v)
  }, (a) => isAtRest(a.sum) && a.engine === 0 && a.glass === 0 && !unlike.includes(a.sum))
  must(found.colours >= 8, `the screen has ${found.colours} colours only`)
  return { ...found }
}

const sumOf = ({ pixels }: Picture): number => crc32(new Uint8Array(pixels.buffer))
/** What is on the screen before something is done to it. */
const before = async ({ lab }: Visit): Promise<number[]> => [sumOf(await ofQemu(lab))]

/** What a US keyboard types with Shift, and the key that has it. */
const shifted = new Map([...'~!@#$%^&*()_+{}|:"<>?'].map((c, i) => [c, '`1234567890-=[]\\;\',./'[i] ?? c] as const))

/** Types a line as a person does, with the Shift key itself: a browser's driver would only say which character is meant. */
export async function typeLine({ kiosk: { page } }: Visit, line: string): Promise<void> {
  for (const c of line) {
    const base = /[A-Z]/.test(c) ? c.toLowerCase() : shifted.get(c)
    if (base !== undefined) await page.keyboard.down('Shift')
    await page.keyboard.press(base === undefined || !/[a-z]/.test(base) ? (base ?? c) : `Key${base.toUpperCase()}`, { delay: 10 })
    if (base !== undefined) await page.keyboard.up('Shift')
  }
  await page.keyboard.press('Enter')
}

/** Waits for the file that says that a command has ended. */
const done = (v: Visit, file: string): Promise<string> => eventually(`the command that makes ${file}`, 30, () => v.inside.shell(`rm ${file} && echo yes`).catch(() => ''), (t) => t !== '')

/** A click into the terminal gives it the keyboard. */
export async function clickTerminal(v: Visit): Promise<void> {
  const at = await geometry(v, 'Terminal')
  await v.kiosk.page.mouse.click(at.x + 60, at.y + 60)
  await eventually('the window with the keyboard', 15, () => v.inside.shell('xdotool getactivewindow getwindowname').catch(() => ''), (name) => name.trim() === 'Terminal')
}

/** What openbox's theme puts round a window, pixels. */
const FRAME = { left: 1, top: 20 } as const

/** Where a window of the guest is, without its frame, pixels. */
export async function geometry({ inside }: Visit, title: string): Promise<{ readonly x: number; readonly y: number; readonly width: number; readonly height: number }> {
  const text = await inside.shell(`xdotool search --sync --onlyvisible --name '^${title}$' getwindowgeometry --shell`)
  const of = (name: string): number => Number(new RegExp(`^${name}=(-?\\d+)`, 'm').exec(text)?.[1])
  // xdotool counts the window manager's frame twice.
  return { x: of('X') - FRAME.left, y: of('Y') - FRAME.top, width: of('WIDTH'), height: of('HEIGHT') }
}

export const pictureChecks: readonly Check[] = [
  {
    name: 'picture: the desktop at rest',
    async run(v) {
      await geometry(v, 'Terminal')
      const facts = await agrees(v)
      await v.picture('1-desktop')
      return facts
    },
  },
  {
    name: 'picture: text typed and printed',
    async run(v) {
      await clickTerminal(v)
      const old = await before(v)
      await typeLine(v, 'clear; ls --color=always -la /etc | head -18; touch /tmp/listed')
      await done(v, '/tmp/listed')
      const facts = await agrees(v, old)
      await v.picture('2-text')
      return facts
    },
  },
  {
    name: 'picture: a long listing scrolls by',
    async run(v) {
      const old = await before(v)
      await v.inside.shell('seq 1 400 | sed "s/$/ Grüße, κόσμε, €/" > /tmp/long')
      await typeLine(v, 'cat /tmp/long; touch /tmp/scrolled')
      await done(v, '/tmp/scrolled')
      const facts = await agrees(v, old)
      await v.picture('3-scrolled')
      return facts
    },
  },
  {
    name: 'picture: a photo',
    async run(v) {
      const old = await before(v)
      await v.inside.launch('feh --title Photo -g 480x320+560+360 /etc/desktop-guest/photo.png')
      await geometry(v, 'Photo')
      const facts = await agrees(v, old)
      must(Number(facts['colours']) >= 1000, 'the photo is not seen')
      await v.picture('4-photo')
      return facts
    },
  },
  {
    name: 'picture: a window is dragged by its title',
    async run(v) {
      const { page } = v.kiosk
      const from = await geometry(v, 'Photo')
      // The title bar is above the window.
      await page.mouse.move(from.x + 200, from.y - 10)
      await page.mouse.down()
      await page.mouse.move(from.x + 100, from.y - 90, { steps: 12 })
      await page.mouse.move(from.x + 40, from.y - 150, { steps: 12 })
      await page.mouse.up()
      const after = await eventually('where the window is', 20, () => geometry(v, 'Photo'), (g) => g.x === from.x - 160 && g.y === from.y - 140)
      const facts = await agrees(v)
      await v.picture('5-moved')
      return { ...facts, moved: `${from.x},${from.y} to ${after.x},${after.y}` }
    },
  },
]
