// @vitest-environment happy-dom
// Why: one release for every press, whatever happens; and our own controls keep their keys.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Keyboard } from './keyboard.ts'

let container: HTMLElement
let input: HTMLInputElement
let keyboard: Keyboard
let log: string[]

beforeEach(() => {
  container = document.createElement('div')
  container.tabIndex = 0
  input = document.createElement('input')
  document.body.append(container, input)
  log = []
  keyboard = new Keyboard(container, {
    key: (code, pressed) => { log.push(`${pressed ? '+' : '-'}${code.toString(16)}`) },
    locks: (bits) => { log.push(`locks ${String(bits)}`) },
    menuKey: () => { log.push('menu') },
    ctrlAlt: () => { log.push('ctrl-alt') },
  })
  keyboard.start()
})
afterEach(() => {
  keyboard.stop()
  document.body.replaceChildren()
})

const fire = (type: 'keydown' | 'keyup', code: string, init: KeyboardEventInit = {}, target: HTMLElement = container): KeyboardEvent => {
  const e = new KeyboardEvent(type, { code, bubbles: true, cancelable: true, ...init })
  target.dispatchEvent(e)
  return e
}

describe('Keyboard', () => {
  test('sends presses, repeats and releases, after the lock states once', () => {
    fire('keydown', 'KeyA')
    fire('keydown', 'KeyA', { repeat: true })
    fire('keyup', 'KeyA')
    fire('keydown', 'Delete')
    fire('keyup', 'Delete')
    expect(log).toEqual(['locks 0', '+1e', '+1e', '-9e', '+53e0', '-d3e0'])
  })

  test('takes the event from everybody else', () => {
    let others = 0
    container.addEventListener('keydown', () => { others++ })
    window.addEventListener('keydown', () => { others++ })
    expect(fire('keydown', 'F5').defaultPrevented).toBe(true)
    expect(others).toBe(0)
  })

  test('everything down is released, last first, on blur, on hiding and on stop', () => {
    fire('keydown', 'ControlLeft')
    fire('keydown', 'AltLeft')
    log.length = 0
    window.dispatchEvent(new Event('blur'))
    expect(log).toEqual(['-b8', '-9d'])
    window.dispatchEvent(new Event('blur'))
    expect(log).toHaveLength(2)
    fire('keydown', 'KeyB')
    document.dispatchEvent(new Event('visibilitychange'))
    fire('keydown', 'KeyC')
    keyboard.stop()
    expect(log.slice(2)).toEqual(['locks 0', '+30', '-b0', 'locks 0', '+2e', '-ae'])
  })

  test('a release whose press went elsewhere is not sent', () => {
    fire('keyup', 'KeyA')
    expect(log).toEqual([])
  })

  test('Print Screen, which only comes as a release, is a whole stroke', () => {
    fire('keyup', 'PrintScreen')
    expect(log).toEqual(['+37e0', '-b7e0'])
  })

  test('keys for our own controls are left alone, and focus there releases the guest\'s keys', () => {
    fire('keydown', 'ShiftLeft')
    log.length = 0
    input.dispatchEvent(new FocusEvent('focusin', { bubbles: true }))
    expect(log).toEqual(['-aa'])
    expect(fire('keydown', 'KeyA', {}, input).defaultPrevented).toBe(false)
    expect(log).toEqual(['-aa'])
  })

  test('Ctrl+Alt+Home asks for our menu with no key left down', () => {
    fire('keydown', 'ControlLeft', { ctrlKey: true })
    fire('keydown', 'AltLeft', { ctrlKey: true, altKey: true })
    log.length = 0
    fire('keydown', 'Home', { ctrlKey: true, altKey: true })
    fire('keyup', 'Home', { ctrlKey: true, altKey: true })
    expect(log).toEqual(['-b8', '-9d', 'menu'])
  })

  test('unknown keys are swallowed and not sent', () => {
    expect(fire('keydown', 'Fn').defaultPrevented).toBe(true)
    expect(log).toEqual([])
  })

  test('sendKeys presses in order and leaves what the person holds', () => {
    fire('keydown', 'ControlLeft')
    log.length = 0
    keyboard.sendKeys(['ControlLeft', 'AltLeft', 'Delete', 'Nonsense'])
    expect(log).toEqual(['+38', '+53e0', '-d3e0', '-b8'])
  })

  test.each([
    ['Ctrl+Alt', ['ControlLeft', 'AltLeft'], true],
    ['Alt+Ctrl, the right one', ['AltLeft', 'ControlRight'], true],
    ['Ctrl+Alt held down', ['ControlLeft', 'AltLeft', 'AltLeft'], true],
    ['Ctrl+Alt+F1', ['ControlLeft', 'AltLeft', 'F1'], false],
    ['Shift+Ctrl+Alt', ['ShiftLeft', 'ControlLeft', 'AltLeft'], false],
    ['AltGr as Windows layouts send it', ['ControlLeft', 'AltRight'], false],
    ['Alt', ['AltLeft'], false],
  ])('%s asks for the mouse back: %s', (_, codes, asks) => {
    const seen = new Set<string>()
    for (const code of codes) {
      fire('keydown', code, { repeat: seen.has(code) })
      seen.add(code)
    }
    expect(log).not.toContain('ctrl-alt')
    for (const code of [...seen].reverse()) fire('keyup', code)
    expect(log.filter((l) => l === 'ctrl-alt')).toHaveLength(asks ? 1 : 0)
  })

  test('a window that is left in the middle of Ctrl+Alt asks for nothing', () => {
    fire('keydown', 'ControlLeft')
    fire('keydown', 'AltLeft')
    window.dispatchEvent(new Event('blur'))
    fire('keyup', 'AltLeft')
    expect(log).not.toContain('ctrl-alt')
  })

  test('the locks come with the first thing done in the console, a click as well as a key; once until it is left', () => {
    const pointer = (target: HTMLElement, caps: boolean): void => {
      target.dispatchEvent(Object.assign(new PointerEvent('pointerdown', { bubbles: true }), { getModifierState: (name: string) => caps && name === 'CapsLock' }))
    }
    pointer(input, true)
    expect(log, 'our own controls').toEqual([])
    pointer(container, true)
    pointer(container, false)
    fire('keydown', 'KeyA')
    fire('keyup', 'KeyA')
    expect(log).toEqual(['locks 4', '+1e', '-9e'])
    window.dispatchEvent(new Event('blur'))
    pointer(container, false)
    expect(log.at(-1)).toBe('locks 0')
  })

  test('a page that is put away holds nothing down', () => {
    fire('keydown', 'KeyA')
    window.dispatchEvent(new Event('pagehide'))
    expect(log.at(-1)).toBe('-9e')
  })
})
