// Why: between the guest's screen and any number of display channels: paints when something changed and somebody looks,
// at most once per turn of the event loop, and tells each viewer which rectangles differ.
import { Canvas, wholeOf } from './canvas.ts'
import type { SpiceClock } from './clock.ts'
import type { Rect } from './region.ts'
import type { Screen } from './screen.ts'

export interface Viewer {
  damaged(rects: readonly Rect[]): void
  /** The surface has another size now: everything must be told again. */
  resized(): void
}

export class Framebuffer {
  #canvas: Canvas
  #screen: Screen
  readonly #clock: SpiceClock
  readonly #viewers = new Set<Viewer>()
  #pending: NodeJS.Immediate | undefined
  #cancelTick: (() => void) | undefined

  constructor(screen: Screen, clock: SpiceClock) {
    this.#screen = screen
    this.#clock = clock
    this.#canvas = new Canvas(screen.width, screen.height)
    screen.onChange = () => this.#schedule()
  }

  get canvas(): Canvas {
    return this.#canvas
  }
  get screen(): Screen {
    return this.#screen
  }

  show(screen: Screen): void {
    this.#screen.onChange = undefined
    this.#screen = screen
    screen.onChange = () => this.#schedule()
    if (screen.width !== this.#canvas.width || screen.height !== this.#canvas.height) {
      this.#canvas = new Canvas(screen.width, screen.height)
      // Nobody is told rectangles of the new size before the new surface exists at the client.
      if (this.#viewers.size > 0) this.#draw()
      for (const viewer of this.#viewers) viewer.resized()
      return
    }
    this.#schedule()
  }

  /** Starts looking; the canvas is up to date when this returns. */
  join(viewer: Viewer): Rect {
    // The newcomer is told the whole of it anyway, and not before it has a surface to draw on.
    this.paint()
    this.#viewers.add(viewer)
    this.#tick()
    return wholeOf(this.#canvas)
  }

  leave(viewer: Viewer): void {
    this.#viewers.delete(viewer)
    if (this.#viewers.size > 0) return
    this.#cancelTick?.()
    this.#cancelTick = undefined
    if (this.#pending) clearImmediate(this.#pending)
    this.#pending = undefined
  }

  /** Paints now and spreads what changed. */
  paint(): void {
    if (this.#pending) clearImmediate(this.#pending)
    this.#pending = undefined
    const damage = this.#draw()
    if (damage.length > 0) for (const viewer of this.#viewers) viewer.damaged(damage)
  }

  #draw(): Rect[] {
    this.#screen.paint(this.#canvas, this.#clock.wall())
    return this.#canvas.takeDamage()
  }

  #schedule(): void {
    if (this.#viewers.size === 0) return
    this.#pending ??= setImmediate(() => this.paint())
  }

  #tick(): void {
    if (this.#cancelTick) return
    this.#cancelTick = this.#clock.after(1000 - (this.#clock.wall() % 1000), () => {
      this.#cancelTick = undefined
      if (this.#viewers.size === 0) return
      if (this.#screen.ticks) this.paint()
      this.#tick()
    })
  }
}
