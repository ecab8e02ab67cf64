// @vitest-environment happy-dom
// Why: a click must hit the pixel under the pointer, at any window size.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Mouse, toSurface } from './mouse.ts'

describe('toSurface', () => {
  const surface = { width: 1024, height: 768 }
  test('letterboxed left and right', () => {
    const box = { left: 0, top: 0, width: 1280, height: 768 }
    expect(toSurface({ clientX: 128, clientY: 0 }, box, surface)).toEqual({ x: 0, y: 0 })
    expect(toSurface({ clientX: 640, clientY: 384 }, box, surface)).toEqual({ x: 512, y: 384 })
    expect(toSurface({ clientX: 0, clientY: 900 }, box, surface)).toEqual({ x: 0, y: 767 })
    expect(toSurface({ clientX: 1279, clientY: 767 }, box, surface)).toEqual({ x: 1023, y: 767 })
  })
  test('scaled down, letterboxed above and below, away from the corner', () => {
    const box = { left: 10, top: 20, width: 512, height: 500 }
    expect(toSurface({ clientX: 10, clientY: 20 + 58 }, box, surface)).toEqual({ x: 0, y: 0 })
    expect(toSurface({ clientX: 10 + 256, clientY: 20 + 250 }, box, surface)).toEqual({ x: 512, y: 384 })
  })
})

describe('Mouse', () => {
  let container: HTMLElement
  let mouse: Mouse
  let log: string[]
  let accept = true
  beforeEach(() => {
    container = document.createElement('div')
    const canvas = document.createElement('canvas')
    canvas.width = 100
    canvas.height = 100
    canvas.getBoundingClientRect = () => ({ left: 0, top: 0, width: 200, height: 200 }) as DOMRect
    container.append(canvas)
    document.body.append(container)
    log = []
    accept = true
    mouse = new Mouse(container, () => canvas, {
      position: (x, y, buttons) => { if (accept) log.push(`${String(x)},${String(y)} ${String(buttons)}`); return accept },
      button: (button, pressed, buttons) => { log.push(`${pressed ? '+' : '-'}${String(button)} ${String(buttons)}`) },
    })
    mouse.start()
  })
  afterEach(() => {
    mouse.stop()
    document.body.replaceChildren()
  })
  const fire = (type: string, init: MouseEventInit, target: EventTarget = container.firstElementChild ?? container): void => {
    target.dispatchEvent(new MouseEvent(type, { bubbles: true, cancelable: true, ...init }))
  }

  test('two buttons at once are told apart, side buttons are not the wheel', () => {
    fire('mousedown', { button: 0, clientX: 20, clientY: 40 })
    fire('mousedown', { button: 2, clientX: 20, clientY: 40 })
    fire('mouseup', { button: 0, clientX: 20, clientY: 40 })
    fire('mouseup', { button: 2, clientX: 20, clientY: 40 })
    fire('mousedown', { button: 3, clientX: 20, clientY: 40 })
    fire('mouseup', { button: 3, clientX: 20, clientY: 40 })
    expect(log.filter((l) => /^[+-]/.test(l))).toEqual(['+1 1', '+3 5', '-1 4', '-3 0', '+6 32', '-6 0'])
    expect(log[0]).toBe('10,20 0')
  })

  test('a drag that ends outside of the console ends', () => {
    fire('mousedown', { button: 0, clientX: 20, clientY: 40 })
    fire('mouseup', { button: 0, clientX: 900, clientY: 900 }, document.body)
    expect(log.at(-1)).toBe('-1 0')
  })

  test('losing the window releases the buttons', () => {
    fire('mousedown', { button: 1, clientX: 0, clientY: 0 })
    window.dispatchEvent(new Event('blur'))
    expect(log.at(-1)).toBe('-2 0')
  })

  test('a finger drags with the left button; a second finger does nothing', () => {
    container.setPointerCapture = () => undefined
    const finger = (type: string, clientX: number, isPrimary = true): PointerEvent => {
      const e = new PointerEvent(type, { pointerType: 'touch', isPrimary, pointerId: 1, button: type === 'pointermove' ? -1 : 0, clientX, clientY: 0, bubbles: true, cancelable: true })
      container.firstElementChild?.dispatchEvent(e)
      return e
    }
    // Cancelled, so that no mouse events are derived from it.
    expect(finger('pointerdown', 20).defaultPrevented).toBe(true)
    finger('pointerdown', 80, false)
    finger('pointermove', 40)
    finger('pointerup', 40)
    expect(log).toEqual(['10,0 0', '+1 1', '20,0 1', '20,0 1', '-1 0'])
  })

  test('the package below never sees the events', () => {
    let seen = 0
    for (const type of ['mousemove', 'mousedown', 'mouseup', 'mouseover', 'mouseout', 'wheel', 'contextmenu']) {
      container.firstElementChild?.addEventListener(type, () => { seen++ })
      fire(type, { clientX: 1, clientY: 1 })
    }
    expect(seen).toBe(0)
  })

  test('the newest position survives a server that is behind', async () => {
    accept = false
    fire('mousemove', { clientX: 2, clientY: 2 })
    fire('mousemove', { clientX: 60, clientY: 80 })
    expect(log).toEqual([])
    accept = true
    await new Promise((resolve) => { requestAnimationFrame(() => { resolve(undefined) }) })
    expect(log).toEqual(['30,40 0'])
  })

  test('wheel notches, small steps gathered', () => {
    const wheel = (deltaY: number): void => {
      container.firstElementChild?.dispatchEvent(new WheelEvent('wheel', { deltaY, bubbles: true, cancelable: true }))
    }
    wheel(60)
    expect(log).toEqual([])
    wheel(60)
    wheel(-120)
    expect(log).toEqual(['+5 0', '-5 0', '+4 0', '-4 0'])
  })
})
