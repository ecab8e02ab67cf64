// Why: what a simulated guest shows and how it hears its keyboard and mouse, apart from the protocol that carries both.
import type { Canvas } from './canvas.ts'

/** Set-1 scancode without its release bit; `extended`: it came with the E0 prefix. */
export interface KeyEvent {
  readonly kind: 'key'
  readonly down: boolean
  readonly code: number
  readonly extended: boolean
}
/** The pointer in surface pixels; `buttons`: 1 left, 2 middle, 4 right, 32 side, 64 extra, as a mask. */
export interface PointerEvent {
  readonly kind: 'pointer'
  readonly x: number
  readonly y: number
  readonly buttons: number
}
/** `button`: 1 left, 2 middle, 3 right, 4 wheel up, 5 wheel down, 6 side, 7 extra. */
export interface ButtonEvent {
  readonly kind: 'button'
  readonly down: boolean
  readonly button: number
  readonly x: number
  readonly y: number
}
export interface LocksEvent {
  readonly kind: 'locks'
  readonly scroll: boolean
  readonly num: boolean
  readonly caps: boolean
}
export type InputEvent = KeyEvent | PointerEvent | ButtonEvent | LocksEvent

/** A picture that reacts. One screen belongs to one server at a time. */
export abstract class Screen {
  readonly width: number
  readonly height: number
  /** Set by the server: the picture should be painted again. */
  onChange: (() => void) | undefined
  /** True: it shows the time, so it is painted again at every full second. */
  readonly ticks: boolean = true

  constructor(size: { readonly width?: number; readonly height?: number } = {}) {
    this.width = size.width ?? 1024
    this.height = size.height ?? 768
  }
  /** Paints all of the canvas, whose size is the screen's. `wallMs`: what the guest's clock says. */
  abstract paint(canvas: Canvas, wallMs: number): void
  input(_event: InputEvent): void {}
  protected changed(): void {
    this.onChange?.()
  }
}

/** Local time as the guests show it, HH:MM:SS. */
export function clockText(wallMs: number): string {
  const d = new Date(wallMs)
  return [d.getHours(), d.getMinutes(), d.getSeconds()].map((n) => String(n).padStart(2, '0')).join(':')
}

/** Local date as the guests show it. */
export function dateText(wallMs: number): string {
  return new Intl.DateTimeFormat('en', { weekday: 'long', day: 'numeric', month: 'long' }).format(wallMs)
}
