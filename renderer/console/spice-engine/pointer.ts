// Why: the page's pointer as the guest's: absolute where the guest takes positions; where it takes motion only, the pointer
// is locked by a click, so that there is no edge at which it stops. The engine's Inputs keeps order, buttons and distance.
import { fitted, toSurface } from '../mouse.ts'
import type { PointerHold } from '../port.ts'
import { BUTTONS, type Inputs } from '../../spice/session/inputs.ts'
import { Touchpad } from './touchpad.ts'
import { notchesOf } from './wheel.ts'

export interface PointerOptions {
  readonly container: HTMLElement
  readonly canvas: HTMLElement
  readonly inputs: Inputs
  /** Of what is shown; undefined: nothing is. `x`, `y`: where it lies on the guest's surface. */
  readonly view: () => { readonly x: number; readonly y: number; readonly width: number; readonly height: number } | undefined
  /** The guest takes motion, not positions. */
  readonly relative: () => boolean
  /** What became of the pointer; told when it changes. */
  readonly onHold: (hold: PointerHold) => void
}

/** Of PointerEvent.buttons, by PointerEvent.button: left, middle, right, back, forward; in the order of BUTTONS. */
const BITS: readonly number[] = [1, 4, 2, 8, 16]

export class PagePointer {
  readonly #o: PointerOptions
  readonly #touchpad: Touchpad
  #stop: AbortController | undefined
  #hold: PointerHold | undefined
  /** The browser would not lock the pointer: what it does over the picture is better than nothing. */
  #refused = false

  constructor(options: PointerOptions) {
    this.#o = options
    this.#touchpad = new Touchpad(options.inputs)
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
    // `mouseup` and `auxclick` as well: the browser takes the side buttons for "back" and "forward".
    for (const type of ['mousedown', 'mouseup', 'auxclick'] as const) own(type, (e) => { e.preventDefault() })
    own('contextmenu', (e) => { e.preventDefault() })
    own('dragstart', (e) => { e.preventDefault() })
    own('wheel', (e) => {
      e.preventDefault()
      inputs.wheel(notchesOf(e))
    })
    own('lostpointercapture', (e) => { if (e.isPrimary) this.#releaseAll() })
    // Also of a drag that ends outside; but a click on our own controls is none of the guest's business.
    window.addEventListener('pointerup', (e) => { if (e.isPrimary) this.#up(e) }, options)
    window.addEventListener('pointercancel', (e) => {
      this.#touchpad.cancel()
      if (e.isPrimary) this.#releaseAll()
    }, options)
    for (const type of ['blur', 'pagehide'] as const) window.addEventListener(type, () => { this.#leave() }, options)
    document.addEventListener('visibilitychange', () => { this.#leave() }, options)
    document.addEventListener('focusin', (e) => { if (e.target instanceof Node && !container.contains(e.target)) this.#leave() }, options)
    document.addEventListener('pointerlockchange', () => { this.#lockChanged() }, options)
    document.addEventListener('pointerlockerror', () => { this.#lockRefused() }, options)
    this.modeChanged()
  }

  stop(): void {
    this.#releaseAll()
    this.#stop?.abort()
    this.#stop = undefined
    this.unlock()
  }

  /** The guest takes positions now, or motion. */
  modeChanged(): void {
    if (this.#stop === undefined) return
    this.#refused = false
    if (!this.#o.relative()) this.unlock()
    this.#tell()
  }

  /** Gives the pointer back to the person, if the guest has it. */
  unlock(): void {
    if (this.#locked) document.exitPointerLock()
  }

  get #locked(): boolean {
    return document.pointerLockElement === this.#o.container
  }
  /** What the mouse does is the guest's. */
  get #given(): boolean {
    return !this.#o.relative() || this.#locked || this.#refused
  }

  #tell(): void {
    const hold: PointerHold = !this.#o.relative() ? 'free' : this.#locked ? 'locked' : this.#refused ? 'refused' : 'unlocked'
    if (hold === this.#hold) return
    this.#hold = hold
    this.#o.onHold(hold)
  }

  #lockChanged(): void {
    // The click that locked is over for the guest, as is a drag that the person broke off.
    this.#releaseAll()
    if (this.#locked) this.#refused = false
    this.#tell()
  }

  #lockRefused(): void {
    if (this.#locked || !this.#o.relative()) return
    this.#refused = true
    this.#tell()
  }

  #leave(): void {
    this.#touchpad.cancel()
    this.#releaseAll()
    this.unlock()
  }

  #move(e: PointerEvent): void {
    if (this.#isTouchpad(e)) return this.#touchpad.move(e, this.#scale())
    this.#place(e)
    // A second button, pressed or released while one is down, is told by a move.
    this.#sync(e)
  }

  #down(e: PointerEvent): void {
    // Of a finger, browsers would make mouse events. Those of a mouse must come, or what they do by default is done unasked.
    if (e.pointerType !== 'mouse') e.preventDefault()
    const { container, relative } = this.#o
    container.focus()
    if (this.#isTouchpad(e)) return this.#touchpad.down(e)
    if (!relative()) container.setPointerCapture(e.pointerId)
    // For a moment after Escape it is refused, in some browsers for ever; every click asks again.
    else if (!this.#locked) Promise.resolve(container.requestPointerLock()).catch(() => { this.#lockRefused() })
    // The click that asks for the lock aims at nothing of the guest's.
    if (!this.#given) return
    this.#place(e)
    this.#sync(e)
  }

  #up(e: PointerEvent): void {
    if (this.#isTouchpad(e)) return this.#touchpad.up(e)
    if (this.#o.inputs.buttons === 0) return
    this.#place(e)
    this.#sync(e)
  }

  /** A finger cannot be locked; where the guest takes motion, the picture is a touchpad. */
  #isTouchpad(e: PointerEvent): boolean {
    return e.pointerType === 'touch' && this.#o.relative()
  }

  #place(e: PointerEvent): void {
    const { canvas, inputs, view, relative } = this.#o
    const shown = view()
    if (shown === undefined) return
    if (relative()) {
      const scale = this.#scale()
      if (this.#given && scale > 0) inputs.motion(e.movementX / scale, e.movementY / scale)
      return
    }
    const at = toSurface(e, canvas.getBoundingClientRect(), shown)
    inputs.position(at.x + shown.x, at.y + shown.y)
  }

  /** CSS pixels to one of the guest's; 0: nothing is shown. */
  #scale(): number {
    const shown = this.#o.view()
    return shown === undefined ? 0 : fitted(this.#o.canvas.getBoundingClientRect(), shown).scale
  }

  /**
   * PointerEvent.buttons → the guest's. What is up is released, but only the button that the event is about is pressed: one that
   * is still down from before the window was left belongs to something else by now.
   */
  #sync(e: PointerEvent): void {
    if (e.button < 0) return
    for (const [i, bit] of BITS.entries()) {
      const down = (e.buttons & bit) !== 0
      if (!down || (i === e.button && this.#given)) this.#o.inputs.button(BUTTONS[i]!, down)
    }
  }

  #releaseAll(): void {
    for (const button of BUTTONS) this.#o.inputs.button(button, false)
  }
}
