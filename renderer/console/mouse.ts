// Why: pointer positions must be right under any scaling, all buttons must be told apart, and the last position must
// never be the one that is dropped. The SPICE package gets none of the three right, so its listeners never see events.

export interface MouseSink {
  /** Absolute position in surface pixels, with the SPICE button mask. False = not now, ask again later. */
  position(x: number, y: number, buttons: number): boolean
  button(button: number, pressed: boolean, buttons: number): void
}

/** The letterboxed rectangle in which `object-fit: contain` shows a surface. CSS pixels, relative to the element's box. */
export function fitted(box: { width: number; height: number }, surface: { width: number; height: number }): { left: number; top: number; scale: number } {
  const scale = Math.min(box.width / surface.width, box.height / surface.height)
  return { scale, left: (box.width - surface.width * scale) / 2, top: (box.height - surface.height * scale) / 2 }
}

/** Client coordinates → surface pixel, clamped to the surface. */
export function toSurface(
  point: { clientX: number; clientY: number },
  box: { left: number; top: number; width: number; height: number },
  surface: { width: number; height: number },
): { x: number; y: number } {
  const fit = fitted(box, surface)
  const clamp = (v: number, max: number): number => Math.min(Math.max(Math.floor(v), 0), Math.max(max - 1, 0))
  return {
    x: clamp((point.clientX - box.left - fit.left) / fit.scale, surface.width),
    y: clamp((point.clientY - box.top - fit.top) / fit.scale, surface.height),
  }
}

/** SPICE button numbers by MouseEvent.button (left 1, middle 2, right 3, side 6, extra 7; 4 and 5 are the wheel). */
const buttonOf: readonly number[] = [1, 2, 3, 6, 7]
const maskOf: Readonly<Record<number, number>> = { 1: 1, 2: 2, 3: 4, 6: 32, 7: 64 }
const WHEEL_UP = 4
const WHEEL_DOWN = 5
/** One notch of a wheel, in CSS pixels (what Chromium reports for one detent). */
const NOTCH = 100
const MAX_NOTCHES = 8

export class Mouse {
  readonly #container: HTMLElement
  readonly #sink: MouseSink
  readonly #canvas: () => HTMLCanvasElement | undefined
  #stop: AbortController | undefined
  #buttons = 0
  #pending: { x: number; y: number } | undefined
  #frame = 0
  #wheel = 0

  constructor(container: HTMLElement, canvas: () => HTMLCanvasElement | undefined, sink: MouseSink) {
    this.#container = container
    this.#canvas = canvas
    this.#sink = sink
  }

  start(): void {
    this.#stop?.abort()
    const stop = new AbortController()
    this.#stop = stop
    const options = { capture: true, signal: stop.signal, passive: false }
    const own = <K extends keyof HTMLElementEventMap>(type: K, fn: (e: HTMLElementEventMap[K]) => void): void => {
      this.#container.addEventListener(type, (e) => {
        e.stopPropagation()
        fn(e)
      }, options)
    }
    own('mousemove', (e) => { this.#move(e) })
    own('mousedown', (e) => { this.#press(e) })
    own('wheel', (e) => { this.#onWheel(e) })
    own('contextmenu', (e) => { e.preventDefault() })
    // The package focuses and blurs its canvas here, which would take the keyboard from an open menu.
    own('mouseover', () => undefined)
    own('mouseout', () => undefined)
    own('dragstart', (e) => { e.preventDefault() })
    // The browser takes the side buttons for "back" and "forward".
    own('mouseup', (e) => { e.preventDefault() })
    own('auxclick', (e) => { e.preventDefault() })
    // A finger is the left button: the mouse events that browsers derive from touch know taps but no drags.
    const touch = (type: 'pointerdown' | 'pointermove' | 'pointerup' | 'pointercancel', fn: (e: PointerEvent) => void): void => {
      own(type, (e) => { if (e.pointerType === 'touch' && e.isPrimary) fn(e) })
    }
    touch('pointerdown', (e) => {
      this.#container.setPointerCapture(e.pointerId)
      this.#press(e)
    })
    touch('pointermove', (e) => { this.#move(e) })
    touch('pointerup', (e) => { this.#release(e) })
    touch('pointercancel', () => { this.#releaseAll() })
    // A release outside the console still ends a drag.
    window.addEventListener('mouseup', (e) => { this.#release(e) }, options)
    window.addEventListener('blur', () => { this.#releaseAll() }, options)
  }

  stop(): void {
    this.#releaseAll()
    cancelAnimationFrame(this.#frame)
    this.#stop?.abort()
    this.#stop = undefined
  }

  #move(e: MouseEvent): void {
    const canvas = this.#canvas()
    if (canvas === undefined) return
    this.#pending = toSurface(e, canvas.getBoundingClientRect(), canvas)
    this.#flush()
  }

  #flush(): void {
    cancelAnimationFrame(this.#frame)
    if (this.#pending === undefined) return
    if (this.#sink.position(this.#pending.x, this.#pending.y, this.#buttons)) this.#pending = undefined
    else this.#frame = requestAnimationFrame(() => { this.#flush() })
  }

  #press(e: MouseEvent): void {
    e.preventDefault()
    this.#container.focus()
    const button = buttonOf[e.button]
    if (button === undefined) return
    this.#move(e)
    this.#buttons |= maskOf[button] ?? 0
    this.#sink.button(button, true, this.#buttons)
  }

  #release(e: MouseEvent): void {
    const button = buttonOf[e.button]
    const mask = button === undefined ? 0 : (maskOf[button] ?? 0)
    if (button === undefined || (this.#buttons & mask) === 0) return
    this.#move(e)
    this.#buttons &= ~mask
    this.#sink.button(button, false, this.#buttons)
  }

  #releaseAll(): void {
    for (const button of buttonOf) {
      const mask = maskOf[button] ?? 0
      if ((this.#buttons & mask) === 0) continue
      this.#buttons &= ~mask
      this.#sink.button(button, false, this.#buttons)
    }
  }

  #onWheel(e: WheelEvent): void {
    e.preventDefault()
    const pixels = e.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? e.deltaY : e.deltaY * (NOTCH / 3)
    this.#wheel += pixels
    for (let i = 0; i < MAX_NOTCHES && Math.abs(this.#wheel) >= NOTCH; i++) {
      const button = this.#wheel < 0 ? WHEEL_UP : WHEEL_DOWN
      this.#wheel -= Math.sign(this.#wheel) * NOTCH
      this.#sink.button(button, true, this.#buttons)
      this.#sink.button(button, false, this.#buttons)
    }
    this.#wheel %= NOTCH
  }
}
