// Why: the guests of the demo have one keyboard layout, US, and turn scancodes into text by themselves, as real guests do.
import type { InputEvent } from './screen.ts'

export type Typed =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'named'; readonly name: 'enter' | 'tab' | 'backspace' | 'escape' | 'delete' }

/** Set-1 codes from 2 on, plain and with Shift; a space stands for a key that writes nothing. */
const FIRST = 0x02
const PLAIN = "1234567890-=  qwertyuiop[]  asdfghjkl;'` \\zxcvbnm,./"
const SHIFTED = '!@#$%^&*()_+  QWERTYUIOP{}  ASDFGHJKL:"~ |ZXCVBNM<>?'
/** 0x47 to 0x53, with Num Lock on. */
const KEYPAD = '789-456+1230.'

const named: Readonly<Record<number, 'enter' | 'tab' | 'backspace' | 'escape'>> = { 0x01: 'escape', 0x0e: 'backspace', 0x0f: 'tab', 0x1c: 'enter' }

export const scancode = { leftShift: 0x2a, rightShift: 0x36, leftCtrl: 0x1d, alt: 0x38, capsLock: 0x3a, numLock: 0x45, scrollLock: 0x46, space: 0x39, delete: 0x53 } as const

/** Follows modifiers and gives what a key press types. */
export class Keyboard {
  #held = new Set<number>()
  #caps = false
  #num = true

  feed(event: InputEvent): Typed | undefined {
    if (event.kind === 'locks') {
      this.#caps = event.caps
      this.#num = event.num
      return undefined
    }
    if (event.kind !== 'key') return undefined
    if (event.down) this.#held.add(event.code)
    else this.#held.delete(event.code)
    if (!event.down) return undefined
    const { code, extended } = event
    if (extended) return code === 0x1c ? { kind: 'named', name: 'enter' } : code === scancode.delete ? { kind: 'named', name: 'delete' } : code === 0x35 ? { kind: 'text', text: '/' } : undefined
    const name = named[code]
    if (name) return { kind: 'named', name }
    if (this.#held.has(scancode.leftCtrl) || this.#held.has(scancode.alt)) return undefined
    const text = this.#letter(code)
    return text === undefined ? undefined : { kind: 'text', text }
  }

  #letter(code: number): string | undefined {
    if (code === scancode.space) return ' '
    if (code === 0x37) return '*'
    if (code >= 0x47 && code <= 0x53) return this.#num ? KEYPAD[code - 0x47] : undefined
    const shift = this.#held.has(scancode.leftShift) || this.#held.has(scancode.rightShift)
    const plain = PLAIN[code - FIRST]
    if (plain === undefined || plain === ' ') return undefined
    const upper = /[a-z]/.test(plain) ? shift !== this.#caps : shift
    return upper ? SHIFTED[code - FIRST] : plain
  }
}

/** The key presses (and Shift) that type `text` on this layout, for tests and demos. Unknown letters are refused. */
export function scancodesFor(text: string): { readonly code: number; readonly shift: boolean }[] {
  return Array.from(text, (char) => {
    if (char === ' ') return { code: scancode.space, shift: false }
    const plain = PLAIN.indexOf(char)
    const shifted = SHIFTED.indexOf(char)
    if (plain < 0 && shifted < 0) throw new RangeError(`no key for ${JSON.stringify(char)}`)
    return plain >= 0 ? { code: plain + FIRST, shift: false } : { code: shifted + FIRST, shift: true }
  })
}
