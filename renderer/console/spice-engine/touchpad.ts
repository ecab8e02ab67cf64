// Why: a finger where the guest takes motion only. It cannot point at a place that the guest alone knows, so it does what it
// does on a touchpad: it moves the pointer, and a tap is a click.
import { MouseButton } from '../../spice/wire/enums.ts'
import type { Inputs } from '../../spice/session/inputs.ts'

/** More movement than that makes a tap a stroke, CSS pixels. */
const TAP_PIXELS = 8

export class Touchpad {
  readonly #inputs: Pick<Inputs, 'motion' | 'button'>
  #finger: { readonly id: number; x: number; y: number; way: number } | undefined

  constructor(inputs: Pick<Inputs, 'motion' | 'button'>) {
    this.#inputs = inputs
  }

  down(e: PointerEvent): void {
    this.#finger = { id: e.pointerId, x: e.clientX, y: e.clientY, way: 0 }
  }

  /** @param scale CSS pixels to one of the guest's */
  move(e: PointerEvent, scale: number): void {
    const finger = this.#finger
    if (finger?.id !== e.pointerId || scale <= 0) return
    const [dx, dy] = [e.clientX - finger.x, e.clientY - finger.y]
    finger.x = e.clientX
    finger.y = e.clientY
    finger.way += Math.abs(dx) + Math.abs(dy)
    this.#inputs.motion(dx / scale, dy / scale)
  }

  up(e: PointerEvent): void {
    const finger = this.#finger
    if (finger?.id !== e.pointerId) return
    this.#finger = undefined
    if (finger.way >= TAP_PIXELS) return
    this.#inputs.button(MouseButton.LEFT, true)
    this.#inputs.button(MouseButton.LEFT, false)
  }

  cancel(): void {
    this.#finger = undefined
  }
}
