// Why: the page's pointer as the guest's: absolute where the guest takes positions; where it takes motion only, the pointer
// is locked by a click, so that there is no edge at which it stops. The engine's Inputs keeps order, buttons and distance.
import { toSurface } from '../mouse.ts'
import { BUTTONS, wheelNotches, type Inputs } from '../../spice/session/inputs.ts'

export interface PointerOptions {
  readonly container: HTMLElement
  readonly canvas: HTMLElement
  readonly inputs: Inputs
  /** Of what is shown; undefined: nothing is. `x`, `y`: where it lies on the guest's surface. */
  readonly view: () => { readonly x: number; readonly y: number; readonly width: number; readonly height: number } | undefined
  /** The guest takes motion, not positions. */
  readonly relative: () => boolean
}

export class PagePointer {
  readonly #o: PointerOptions
  #stop: AbortController | undefined

  constructor(options: PointerOptions) {
    this.#o = options
  }

  start(): void {
    this.#stop?.abort()
    const stop = new AbortController()
    this.#stop = stop
    const options = { capture: true, signal: stop.signal, passive: false }
    const { container, inputs } = this.#o
    const own = <K extends keyof HTMLElementEventMap>(type: K, fn: (e: HTMLElementEventMap[K]) => void): void => {
      container.addEventListener(type, fn, options)
    }
    // Pointer events are the same for mouse, pen and finger; what browsers make of them for old pages is not wanted.
    own('pointermove', (e) => { if (e.isPrimary) this.#move(e) })
    own('pointerdown', (e) => { if (e.isPrimary) this.#down(e) })
    own('mousedown', (e) => { e.preventDefault() })
    own('contextmenu', (e) => { e.preventDefault() })
    own('dragstart', (e) => { e.preventDefault() })
    own('wheel', (e) => {
      e.preventDefault()
      inputs.wheel(wheelNotches(e.deltaY, e.deltaMode))
    })
    own('lostpointercapture', (e) => { if (e.isPrimary) this.#sync(0) })
    // Also of a drag that ends outside; but a click on our own controls is none of the guest's business.
    window.addEventListener('pointerup', (e) => { if (e.isPrimary && inputs.buttons !== 0) this.#sync(e.buttons, e) }, options)
    window.addEventListener('pointercancel', (e) => { if (e.isPrimary) this.#sync(0) }, options)
    window.addEventListener('blur', () => { this.#sync(0) }, options)
  }

  stop(): void {
    this.#sync(0)
    this.#stop?.abort()
    this.#stop = undefined
    if (this.#locked) document.exitPointerLock()
  }

  get #locked(): boolean {
    return document.pointerLockElement === this.#o.container
  }

  #move(e: PointerEvent): void {
    this.#place(e)
    // A second button, pressed or released while one is down, is told by a move.
    if (e.button >= 0) this.#sync(e.buttons)
  }

  #down(e: PointerEvent): void {
    e.preventDefault()
    const { container, relative } = this.#o
    container.focus()
    if (relative()) {
      // Refused for a moment after Escape; the next click asks again.
      if (!this.#locked) void Promise.resolve(container.requestPointerLock()).catch(() => undefined)
    } else container.setPointerCapture(e.pointerId)
    this.#place(e)
    this.#sync(e.buttons)
  }

  #place(e: PointerEvent): void {
    const { canvas, inputs, view, relative } = this.#o
    const shown = view()
    if (shown === undefined) return
    const box = canvas.getBoundingClientRect()
    if (relative()) {
      const scale = Math.min(box.width / shown.width, box.height / shown.height)
      if (this.#locked && scale > 0) inputs.motion(e.movementX / scale, e.movementY / scale)
      return
    }
    const at = toSurface(e, box, shown)
    inputs.position(at.x + shown.x, at.y + shown.y)
  }

  /** Makes the guest's buttons those of PointerEvent.buttons: bits left, right, middle, back, forward. */
  #sync(buttons: number, e?: PointerEvent): void {
    if (e !== undefined) this.#place(e)
    for (const [bit, index] of [[1, 0], [4, 1], [2, 2], [8, 3], [16, 4]] as const) {
      const button = BUTTONS[index]
      if (button !== undefined) this.#o.inputs.button(button, (buttons & bit) !== 0)
    }
  }
}
