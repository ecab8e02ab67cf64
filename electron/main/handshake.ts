// Why: the parent must know why Electron shows no window: it never came up (then Chromium is tried), or it found a
// kiosk already running (then nothing is tried, or two kiosks would share one screen). One word on a pipe tells.
import { writeSync } from 'node:fs'

/** Descriptor of the pipe in Electron's process. */
export const HANDSHAKE_FD = 3

/** ready: the window is up. taken: another instance has the screen and was brought to the front. */
export type Word = 'ready' | 'taken'

/** Without a parent there is no such descriptor, and nobody to tell. */
export function tellParent(word: Word): void {
  try {
    writeSync(HANDSHAKE_FD, `${word}\n`)
  } catch {
    return
  }
}

/** undefined: not a word of ours. */
export function parseWord(text: string): Word | undefined {
  const word = text.trim()
  return word === 'ready' || word === 'taken' ? word : undefined
}
