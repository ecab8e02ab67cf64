// Why: the cursor channel: the pointer's shape as the guest wants it, and its place where the guest decides that.
import type { Channel, Connection } from './connection.ts'
import { CURSOR_ALPHA, CURSOR_FLAG_NONE, cursorMsg } from './protocol.ts'
import { WireError, Writer, type Reader } from './wire.ts'

/** Premultiplied B, G, R, A bytes. Square, as one known client confuses width and height. */
export interface CursorShape {
  readonly id: bigint
  readonly size: number
  readonly hotX: number
  readonly hotY: number
  readonly data: Uint8Array
}

export interface CursorSide {
  readonly shape: CursorShape | undefined
  readonly pointer: { readonly x: number; readonly y: number }
}

export class CursorChannel implements Channel {
  readonly #connection: Connection
  readonly #side: CursorSide
  #moveWaiting = false
  constructor(connection: Connection, side: CursorSide) {
    this.#connection = connection
    this.#side = side
  }

  start(): void {
    this.#connection.startAck()
    const { x, y } = this.#side.pointer
    this.#connection.send(cursorMsg.init, new Writer().u16(x).u16(y).u16(0).u16(0).u8(1).u16(CURSOR_FLAG_NONE).finish())
    this.changed()
  }

  message(type: number, _body: Reader): void {
    throw new WireError(`cursor message ${type}`)
  }

  /** Sends the shape, or hides the pointer. */
  changed(): void {
    const { shape, pointer } = this.#side
    if (!shape) {
      this.#connection.send(cursorMsg.hide)
      return
    }
    const body = new Writer(64 + shape.data.length).u16(pointer.x).u16(pointer.y).u8(1).u16(0)
    body.u64(shape.id).u8(CURSOR_ALPHA).u16(shape.size).u16(shape.size).u16(shape.hotX).u16(shape.hotY)
    this.#connection.send(cursorMsg.set, body.raw(shape.data).finish())
  }

  /** Only the latest place matters: one that the window holds back is not kept, it is read again later. */
  moved(): void {
    this.#moveWaiting = true
    this.proceed()
  }

  proceed(): void {
    if (!this.#moveWaiting || !this.#connection.mayDraw) return
    this.#moveWaiting = false
    const { x, y } = this.#side.pointer
    this.#connection.send(cursorMsg.move, new Writer().u16(x).u16(y).finish())
  }
}

const SIZE = 24
/** Outline of the arrow, from its tip; pixels. */
const ARROW: readonly (readonly [number, number])[] = [[1, 1], [1, 18], [5, 14], [8, 21], [11, 20], [8, 13], [14, 13]]

/** The usual arrow: black with a white edge, soft-edged by sampling each pixel sixteen times. */
export function arrowCursor(): CursorShape {
  const inner = coverage(ARROW, 0)
  const outer = coverage(ARROW, 1.1)
  const data = new Uint8Array(SIZE * SIZE * 4)
  for (let i = 0; i < SIZE * SIZE; i++) {
    const alpha = Math.max(outer[i] ?? 0, inner[i] ?? 0)
    const white = Math.round(255 * (alpha - (inner[i] ?? 0)))
    data.set([white, white, white, Math.round(255 * alpha)], i * 4)
  }
  return { id: 1n, size: SIZE, hotX: 1, hotY: 1, data }
}

function coverage(points: readonly (readonly [number, number])[], grow: number): Float64Array {
  const out = new Float64Array(SIZE * SIZE)
  for (let i = 0; i < SIZE * SIZE * 16; i++) {
    const pixel = i >> 4
    const x = (pixel % SIZE) + ((i & 3) + 0.5) / 4
    const y = Math.floor(pixel / SIZE) + (((i >> 2) & 3) + 0.5) / 4
    if (inside(points, x, y) || (grow > 0 && edgeDistance(points, x, y) <= grow)) out[pixel] = (out[pixel] ?? 0) + 1 / 16
  }
  return out
}

type Edge = readonly [number, number, number, number]
const edges = (points: readonly (readonly [number, number])[]): Edge[] =>
  points.map(([x1, y1], i) => {
    const [x2, y2] = points[(i + 1) % points.length] ?? [x1, y1]
    return [x1, y1, x2, y2]
  })

function inside(points: readonly (readonly [number, number])[], x: number, y: number): boolean {
  return edges(points).filter(([x1, y1, x2, y2]) => y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1).length % 2 === 1
}

function edgeDistance(points: readonly (readonly [number, number])[], x: number, y: number): number {
  return Math.min(
    ...edges(points).map(([x1, y1, x2, y2]) => {
      const [dx, dy] = [x2 - x1, y2 - y1]
      const t = Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy)))
      return Math.hypot(x - x1 - t * dx, y - y1 - t * dy)
    }),
  )
}
