// Why: text goes both ways through the real agent and the browser's own clipboard, whole, and not at all where policy is off.
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import type { Check, Visit } from './check.ts'
import { clickTerminal } from './checks-picture.ts'
import { eventually, must } from './expect.ts'
import { differing, ofQemu } from './pixels.ts'

const line = 'Grüße €, κόσμε, 日本語, 😀 "$HOME" `id`\tTab\n'
/** 200 KB and a little: several agent messages, none of them cut at a character. */
const long = line.repeat(Math.ceil(200_000 / Buffer.byteLength(line)))
const sum = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

/** A copy made here, by a program of this device: the page has the keyboard again afterwards, as it has with a person. */
async function copyHere(page: Page, text: string): Promise<void> {
  await page.evaluate((t) => navigator.clipboard.writeText(t), text)
  // Coming back to the window is when the console looks.
  await page.evaluate(() => { window.dispatchEvent(new Event('focus')) })
}

const here = (page: Page): Promise<string> => page.evaluate(() => navigator.clipboard.readText())

/** What a paste in the guest would give; empty when nothing is offered. */
const inGuest = ({ inside }: Visit): Promise<string> => inside.shell('timeout 10 xclip -o -selection clipboard 2>/dev/null || :')
const sumInGuest = async ({ inside }: Visit): Promise<string> => (await inside.shell('timeout 20 xclip -o -selection clipboard 2>/dev/null | sha256sum | cut -c1-16')).trim()

async function copyInGuest({ inside }: Visit, text: string): Promise<void> {
  // A file, because one argument of a program may not be this long.
  await inside.shell(`: > /tmp/copy`)
  for (let at = 0; at < text.length; at += 20_000) await inside.shell(`printf %s ${Buffer.from(text.slice(at, at + 20_000)).toString('base64')} | base64 -d >> /tmp/copy`)
  await inside.shell('xclip -i -selection clipboard /tmp/copy >/dev/null 2>&1')
}

export const clipboardChecks: readonly Check[] = [
  {
    name: 'clipboard: a line from here to the guest',
    async run(v) {
      await copyHere(v.kiosk.page, line)
      await eventually('the guest\'s clipboard', 20, () => inGuest(v), (t) => t === line)
      return { bytes: Buffer.byteLength(line) }
    },
  },
  {
    name: 'clipboard: 200 KB from here to the guest',
    async run(v) {
      const began = performance.now()
      await copyHere(v.kiosk.page, long)
      await eventually('the guest\'s clipboard', 60, () => sumInGuest(v), (s) => s === sum(long))
      return { bytes: Buffer.byteLength(long), arrived_ms: Math.round(performance.now() - began) }
    },
  },
  {
    name: 'clipboard: pasted by the person in the guest\'s terminal',
    async run(v) {
      const word = `pasted-${Date.now()}`
      await clickTerminal(v)
      await v.inside.shell('rm -f /tmp/pasted')
      await copyHere(v.kiosk.page, `echo '${word} €' > /tmp/pasted`)
      await eventually('the guest\'s clipboard', 20, () => inGuest(v), (t) => t.includes(word))
      const old = await ofQemu(v.lab)
      await v.kiosk.page.keyboard.press('Shift+Insert')
      // The terminal fetches the text before it takes it; a person sees it there before going on.
      await eventually('pixels that the paste changed', 20, async () => differing(old, await ofQemu(v.lab)), (n) => n > 500)
      // The shell brackets a paste: whatever ends a line in it is text, and nothing runs before the person says so.
      await v.kiosk.page.keyboard.press('Enter')
      await eventually('what was pasted', 20, () => v.inside.shell('cat /tmp/pasted 2>/dev/null || :'), (t) => t === `${word} €\n`)
      return { word }
    },
  },
  {
    name: 'clipboard: a line from the guest to here',
    async run(v) {
      await copyInGuest(v, `from the guest: ${line}`)
      await eventually('this device\'s clipboard', 20, () => here(v.kiosk.page), (t) => t === `from the guest: ${line}`)
      return { bytes: Buffer.byteLength(line) }
    },
  },
  {
    name: 'clipboard: 200 KB from the guest to here',
    async run(v) {
      const text = `guest\n${long}`
      const began = performance.now()
      await copyInGuest(v, text)
      await eventually('this device\'s clipboard', 60, async () => sum(await here(v.kiosk.page)), (s) => s === sum(text))
      return { bytes: Buffer.byteLength(text), arrived_ms: Math.round(performance.now() - began) }
    },
  },
  {
    name: 'clipboard: there and back again, the last copy wins',
    async run(v) {
      for (const round of ['one', 'two', 'three']) {
        await copyHere(v.kiosk.page, `here ${round}`)
        await eventually('the guest\'s clipboard', 20, () => inGuest(v), (t) => t === `here ${round}`)
        await copyInGuest(v, `guest ${round}`)
        await eventually('this device\'s clipboard', 20, () => here(v.kiosk.page), (t) => t === `guest ${round}`)
      }
      return { rounds: 3 }
    },
  },
]

export const closedClipboardChecks: readonly Check[] = [
  {
    name: 'clipboard off: nothing crosses',
    async run(v) {
      const { page } = v.kiosk
      await copyInGuest(v, 'a secret of the guest')
      await page.evaluate(() => { window.dispatchEvent(new Event('focus')) })
      // The page may not even look; whatever the browser holds must not be the guest's.
      const seen = await page.evaluate(() => navigator.clipboard.readText().then((t) => t, (e: unknown) => `refused: ${e instanceof Error ? e.name : String(e)}`))
      const wrote = await page.evaluate(() => navigator.clipboard.writeText('a secret of this device').then(() => 'written', (e: unknown) => `refused: ${e instanceof Error ? e.name : String(e)}`))
      await sleep(5000)
      must((await inGuest(v)) === 'a secret of the guest', 'the guest\'s clipboard changed')
      must(!seen.includes('secret'), 'the page has the guest\'s text')
      return { read: seen, write: wrote }
    },
  },
]
