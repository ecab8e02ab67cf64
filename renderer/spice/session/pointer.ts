// Why: a server takes a bounded number of pointer messages before it answers. What comes faster is folded together:
// of positions the last one counts, of relative motion every pixel, and a button goes after all motion before it.
import { MOTION_ACK_BUNCH } from '../wire/messages.ts'

/** Pointer messages under way, unanswered: two bunches, so that one is in the server's hands while we fill the next. */
export const MAX_IN_FLIGHT = 2 * MOTION_ACK_BUNCH

export interface PointerSink {
  motion(dx: number, dy: number): void
  position(x: number, y: number, display: number): void
}

export class Pointer {
  readonly #sink: PointerSink
  #inFlight = 0
  #dx = 0
  #dy = 0
  #position: { readonly x: number; readonly y: number; readonly display: number } | undefined

  constructor(sink: PointerSink) {
    this.#sink = sink
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** Relative motion, whole or broken pixels: a broken rest is kept for the next one. */
  motion(dx: number, dy: number): void {
    this.#dx += dx
    this.#dy += dy
    if (this.#inFlight < MAX_IN_FLIGHT) this.#sendMotion()
  }

  position(x: number, y: number, display: number): void {
    this.#position = { x, y, display }
    if (this.#inFlight < MAX_IN_FLIGHT) this.#sendPosition()
  }

  /** One bunch was taken. */
  acknowledged(): void {
    this.#inFlight = Math.max(0, this.#inFlight - MOTION_ACK_BUNCH)
    if (this.#inFlight < MAX_IN_FLIGHT) this.flush()
  }

  /** Sends what is held back, full or not: a button must meet the pointer where the person saw it. */
  flush(): void {
    this.#sendPosition()
    this.#sendMotion()
  }

  reset(): void {
    this.#inFlight = 0
    this.forget()
  }

  /** Drops what is held back: it was meant for another mouse mode. */
  forget(): void {
    this.#dx = 0
    this.#dy = 0
    this.#position = undefined
  }

  #sendMotion(): void {
    const dx = Math.trunc(this.#dx)
    const dy = Math.trunc(this.#dy)
    if (dx === 0 && dy === 0) return
    this.#dx -= dx
    this.#dy -= dy
    this.#inFlight++
    this.#sink.motion(dx, dy)
  }

  #sendPosition(): void {
    const at = this.#position
    if (at === undefined) return
    this.#position = undefined
    this.#inFlight++
    this.#sink.position(at.x, at.y, at.display)
  }
}
