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
})
