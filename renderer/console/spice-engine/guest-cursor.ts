// Why: the guest's pointer as the page's own, which moves without a round trip. Where the guest alone knows the place
// (motion mode), it is drawn there instead.
import { fitted } from '../mouse.ts'
import type { CursorState } from '../../spice/session/cursor.ts'
import type { CursorShape } from '../../spice/session/cursor-shape.ts'
import type { View } from '../../spice/display/protocol.ts'

/** Chromium takes no larger picture for a cursor, CSS pixels. */
const MAX_CSS_CURSOR = 128

export class GuestCursor {
  readonly #container: HTMLElement
  readonly #canvas: HTMLElement
  readonly #drawn: HTMLCanvasElement
  #state: CursorState | undefined
  #shape: CursorShape | undefined
  #css = 'default'
  #relative = false
  /** The page's pointer is the guest's, so there is only one to see. */
  #given = true
  #view: View | null = null

  constructor(container: HTMLElement, canvas: HTMLElement) {
    this.#container = container
    this.#canvas = canvas
    this.#drawn = document.createElement('canvas')
    // The console's style sheet stretches every canvas of the container; this one keeps its size.
    Object.assign(this.#drawn.style, { position: 'absolute', left: '0', top: '0', width: 'auto', height: 'auto', pointerEvents: 'none', transformOrigin: '0 0', display: 'none' })
    container.append(this.#drawn)
  }

  /** What the guest's pointer is like now. */
  show(state: CursorState): void {
    this.#state = state
    if (state.shape !== this.#shape) this.#take(state.shape)
    this.#apply()
  }

  /** @param given what the mouse does is the guest's */
  give(given: boolean): void {
    this.#given = given
    this.#apply()
  }

  place(relative: boolean, view: View | null): void {
    this.#relative = relative
    this.#view = view
    this.#apply()
  }

  remove(): void {
    this.#drawn.remove()
    this.#container.style.removeProperty('cursor')
  }

  #take(shape: CursorShape | undefined): void {
    this.#shape = shape
    this.#css = 'default'
    if (shape === undefined) return
    const { width, height, data } = shape.pixels
    this.#drawn.width = width
    this.#drawn.height = height
    const context = this.#drawn.getContext('2d')
    if (context === null) return
    context.putImageData(new ImageData(new Uint8ClampedArray(data.buffer as ArrayBuffer, data.byteOffset, width * height * 4), width, height), 0, 0)
    // The guest's pixels are the screen's, of which there are more than CSS pixels where the screen is dense.
    const dense = devicePixelRatio
    if (Math.max(width, height) > MAX_CSS_CURSOR * dense) return
    const url = `url("${this.#drawn.toDataURL()}")`
    this.#css = `${dense === 1 ? url : `image-set(${url} ${dense}x)`} ${Math.floor(shape.hotX / dense)} ${Math.floor(shape.hotY / dense)}, default`
  }

  #apply(): void {
    const { style } = this.#container
    const state = this.#state
    const draws = this.#relative && state?.visible === true && this.#shape !== undefined && this.#view !== null
    this.#drawn.style.display = draws ? 'block' : 'none'
    if (draws) this.#move(state, this.#view)
    // Before the guest has said anything, the page's own arrow is better than none.
    style.cursor = this.#relative ? (this.#given ? 'none' : 'default') : state === undefined ? 'default' : state.visible && this.#shape !== undefined ? this.#css : 'none'
  }

  #move(state: CursorState, view: View | null): void {
    if (view === null || this.#shape === undefined) return
    const box = this.#canvas.getBoundingClientRect()
    const around = this.#container.getBoundingClientRect()
    const { left, top, scale } = fitted(box, view)
    const x = box.left - around.left + left + (state.x - view.x - this.#shape.hotX) * scale
    const y = box.top - around.top + top + (state.y - view.y - this.#shape.hotY) * scale
    this.#drawn.style.transform = `translate(${x}px, ${y}px) scale(${scale})`
  }
}
