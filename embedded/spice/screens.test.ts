import { describe, expect, test } from 'vitest'
import { Canvas } from './canvas.ts'
import { DesktopScreen } from './desktop-screen.ts'
import { Keyboard, scancodesFor } from './keyboard.ts'
import type { Screen } from './screen.ts'
import { SignInScreen } from './sign-in-screen.ts'

const NOON = Date.UTC(2026, 10, 24, 12, 0, 0)
function paint(screen: Screen, wall = NOON): Uint32Array {
  const canvas = new Canvas(screen.width, screen.height)
  screen.paint(canvas, wall)
  return canvas.pixels
}
const differ = (a: Uint32Array, b: Uint32Array) => a.reduce((n, p, i) => n + (p === b[i] ? 0 : 1), 0)

describe('sign-in screen', () => {
  test('a name, dots and a message each change the picture, and clearing them brings the first one back', () => {
    const screen = new SignInScreen({ host: 'vm-1' })
    const pictures = [paint(screen)]
    for (const state of [{ user: 'ada' }, { dots: 5 }, { message: { text: 'Wrong password', tone: 'error' } }] as const) {
      screen.show(state)
      pictures.push(paint(screen))
    }
    for (let i = 1; i < pictures.length; i++) expect(differ(pictures[i - 1] as Uint32Array, pictures[i] as Uint32Array)).toBeGreaterThan(20)
    screen.show({ user: '', dots: 0, message: null })
    expect(differ(pictures[0] as Uint32Array, paint(screen))).toBe(0)
  })

  test('shows the host, and a long name or message stays inside the picture', () => {
    expect(differ(paint(new SignInScreen({ host: 'a' })), paint(new SignInScreen({ host: 'b' })))).toBeGreaterThan(5)
    const screen = new SignInScreen({ host: 'h'.repeat(200), width: 320, height: 240 })
    screen.show({ user: 'ü'.repeat(500), dots: 900, message: { text: 'm'.repeat(500), tone: 'busy' } })
    expect(paint(screen).length).toBe(320 * 240)
  })

  test('every change is announced', () => {
    const screen = new SignInScreen({ host: 'a' })
    let calls = 0
    screen.onChange = () => void calls++
    screen.show({ dots: 1 })
    screen.input({ kind: 'key', down: true, code: 0x1e, extended: false })
    screen.input({ kind: 'key', down: false, code: 0x1e, extended: false })
    expect(calls).toBe(2)
    expect(screen.user).toBe('a')
  })
})

describe('desktop screen', () => {
  test('whose it is and what time it is can be seen', () => {
    const ada = paint(new DesktopScreen({ user: 'Ada', host: 'vm' }))
    expect(differ(ada, paint(new DesktopScreen({ user: 'Bob', host: 'vm' })))).toBeGreaterThan(20)
    expect(differ(ada, paint(new DesktopScreen({ user: 'Ada', host: 'vm' }), NOON + 1000))).toBeGreaterThan(5)
    expect(differ(ada, paint(new DesktopScreen({ user: 'Ada', host: 'vm' }), NOON + 999))).toBe(0)
  })

  test('a click leaves a mark where it was', () => {
    const screen = new DesktopScreen({ user: 'Ada', host: 'vm' })
    const before = paint(screen)
    screen.input({ kind: 'button', down: true, button: 1, x: 400, y: 700 })
    const after = paint(screen)
    const at = 700 * 1024 + 400
    expect(after[at]).toBe(0xffffff)
    expect(before[at]).not.toBe(0xffffff)
  })

  test('long notes scroll and stay bounded', () => {
    const screen = new DesktopScreen({ user: 'Ada', host: 'vm', width: 640, height: 480 })
    for (let i = 0; i < 3000; i++) screen.input({ kind: 'key', down: true, code: i % 50 === 49 ? 0x1c : 0x1e, extended: false })
    expect(screen.text.length).toBeLessThanOrEqual(2001)
    expect(paint(screen).length).toBe(640 * 480)
  })
})

describe('keyboard', () => {
  test('types every character of the layout by the codes given for it', () => {
    const all = Array.from({ length: 95 }, (_, i) => String.fromCharCode(0x20 + i)).join('')
    const keyboard = new Keyboard()
    let out = ''
    for (const { code, shift } of scancodesFor(all)) {
      if (shift) keyboard.feed({ kind: 'key', down: true, code: 0x36, extended: false })
      const typed = keyboard.feed({ kind: 'key', down: true, code, extended: false })
      if (typed?.kind === 'text') out += typed.text
      keyboard.feed({ kind: 'key', down: false, code, extended: false })
      if (shift) keyboard.feed({ kind: 'key', down: false, code: 0x36, extended: false })
    }
    expect(out).toBe(all)
    expect(() => scancodesFor('é')).toThrow(RangeError)
  })

  test('shortcuts, keys without text and the keypad without Num Lock type nothing', () => {
    const keyboard = new Keyboard()
    const press = (code: number, extended = false) => keyboard.feed({ kind: 'key', down: true, code, extended })
    expect(press(0x48)).toEqual({ kind: 'text', text: '8' })
    keyboard.feed({ kind: 'locks', caps: false, num: false, scroll: false })
    expect(press(0x48)).toBeUndefined()
    expect(press(0x3b)).toBeUndefined()
    expect(press(0x48, true)).toBeUndefined()
    expect(press(0x1c, true)).toEqual({ kind: 'named', name: 'enter' })
    press(0x1d)
    expect(press(0x1e)).toBeUndefined()
  })
})
