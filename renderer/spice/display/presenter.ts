// Why: from a surface to a screen, once per frame, and only what has changed: the surface's own memory is the source, so
// nothing is copied before the browser takes it.
import type { Surface } from '../canvas/surface.ts'
import type { Rect } from '../pixels.ts'
import type { MonitorHead } from './parse.ts'
import type { View } from './protocol.ts'

/** What pixels are put on: a canvas's 2D context, or a test's list. */
export interface Screen {
  /** Its content is lost by it. */
  resize(width: number, height: number): void
  /** The part `rect` of the surface, so that the surface's pixel (x, y) lands on the screen's (0, 0). */
  put(surface: Surface, rect: Rect, x: number, y: number): void
}

export interface PresenterOptions {
  /** Calls back at the next frame; asked again only after that. */
  readonly requestFrame: (fn: () => void) => void
  readonly now: () => number
  readonly onView: (view: View | null) => void
  readonly onFirstFrame: () => void
}

export class Presenter {
  readonly #o: PresenterOptions
  #screen: Screen | undefined
  #surface: Surface | undefined
  #heads: readonly MonitorHead[] = []
  #view: View | null = null
  /** The screen has lost its content, or never had any. */
  #stale = true
  /** The screen is not of the view's size. */
  #unsized = true
  /** Nothing was drawn on this surface yet: the picture of the one before is the better one. */
  #blank = true
  #requested = false
  #first = true
  #closed = false
  frames = 0
  ms = 0

  constructor(options: PresenterOptions) {
    this.#o = options
  }

  get view(): View | null {
    return this.#view
  }

  /** Where to present from now on. */
  show(screen: Screen): void {
    this.#screen = screen
    this.#unsized = true
    this.#stale = true
    this.changed()
  }

  /** Another surface is the shown one, or none is: then the last picture stays. */
  surface(surface: Surface | undefined): void {
    this.#surface = surface
    if (surface === undefined) this.#first = true
    this.#blank = true
    this.#stale = true
    this.#look()
    this.changed()
  }

  /** The heads of this display, `surface` ids being those of the shown surface. */
  heads(heads: readonly MonitorHead[]): void {
    this.#heads = heads
    this.#look()
    this.changed()
  }

  /** Something was drawn: a frame will show it. */
  changed(): void {
    if (this.#requested || this.#closed || this.#screen === undefined || this.#surface === undefined) return
    this.#requested = true
    this.#o.requestFrame(() => {
      this.#requested = false
      this.present()
    })
  }

  /** Puts what is dirty on the screen, now. */
  present(): void {
    const surface = this.#surface
    const screen = this.#screen
    const view = this.#view
    if (this.#closed || surface === undefined || screen === undefined || view === null) return
    const start = this.#o.now()
    const dirty = surface.dirty.take()
    if (this.#blank && dirty.length === 0) return
    this.#blank = false
    if (this.#unsized) screen.resize(view.width, view.height)
    this.#unsized = false
    const window: Rect = { left: view.x, top: view.y, right: view.x + view.width, bottom: view.y + view.height }
    let put = 0
    for (const rect of this.#stale ? [window] : dirty) {
      const part = intersect(rect, window)
      if (part === undefined) continue
      screen.put(surface, part, view.x, view.y)
      put++
    }
    this.#stale = false
    if (put === 0) return
    this.frames++
    this.ms += this.#o.now() - start
    if (!this.#first) return
    this.#first = false
    this.#o.onFirstFrame()
  }

  close(): void {
    this.#closed = true
    this.#surface = undefined
    this.#screen = undefined
  }

  /**
   * The box around the heads, where they lie on the surface: a driver may keep a surface larger than its monitors. A
   * surface without heads, or with impossible ones, is shown whole.
   */
  #look(): void {
    const surface = this.#surface
    const view = surface === undefined ? null : viewOf(surface, this.#heads)
    const old = this.#view
    if (view !== null && old !== null && view.x === old.x && view.y === old.y && view.width === old.width && view.height === old.height) return
    if (view === null && old === null) return
    this.#view = view
    this.#stale = true
    // Sizing clears a screen, so it is left to the frame that fills it again.
    if (old?.width !== view?.width || old?.height !== view?.height) this.#unsized = true
    this.#o.onView(view)
  }
}

export function viewOf(surface: { readonly width: number; readonly height: number }, heads: readonly MonitorHead[]): View {
  const { width, height } = surface
  let [left, top, right, bottom] = [Infinity, Infinity, 0, 0]
  for (const h of heads) {
    if (h.width === 0 || h.height === 0) continue
    left = Math.min(left, h.x)
    top = Math.min(top, h.y)
    right = Math.max(right, h.x + h.width)
    bottom = Math.max(bottom, h.y + h.height)
  }
  if (left >= right || top >= bottom || right > width || bottom > height) return { x: 0, y: 0, width, height }
  return { x: left, y: top, width: right - left, height: bottom - top }
}

function intersect(a: Rect, b: Rect): Rect | undefined {
  const left = Math.max(a.left, b.left)
  const top = Math.max(a.top, b.top)
  const right = Math.min(a.right, b.right)
  const bottom = Math.min(a.bottom, b.bottom)
  return left < right && top < bottom ? { left, top, right, bottom } : undefined
}
