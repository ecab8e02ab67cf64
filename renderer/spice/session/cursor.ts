// Why: a cursor channel's messages as one state: what the pointer looks like, whether it shows, where the guest has it.
// Layouts: SpiceMsgCursorInit, -Set, -Move, -Inval of spice-server's marshaller; SpiceCursor is u16 flags, then, unless
// NONE is among them, the header and the data of cursor-shape.ts.
import { CursorFlags } from '../wire/enums.ts'
import { CursorMsg } from '../wire/messages.ts'
import { WireError, type Reader } from '../wire/reader.ts'
import { decodeCursor, readCursorHeader, type CursorShape } from './cursor-shape.ts'

export interface CursorState {
  readonly visible: boolean
  /** Where the guest has the hot spot, surface pixels. Counts in the server mouse mode only. */
  readonly x: number
  readonly y: number
  /** The same object as long as the shape is the same. Undefined: the guest has set none. */
  readonly shape: CursorShape | undefined
}

/** spice-server counts on 256 kept shapes and never names more. */
export const CACHE_SHAPES = 256
/** But not of any size: 16 MiB of pixels, far above what 256 pointers of 64 × 64 need. */
export const CACHE_PIXELS = 4 * 1024 * 1024

const NOTHING: CursorState = { visible: false, x: 0, y: 0, shape: undefined }

export class Cursor {
  readonly #onState: (state: CursorState) => void
  readonly #cache = new Map<bigint, CursorShape>()
  #cached = 0
  #state = NOTHING

  constructor(onState: (state: CursorState) => void) {
    this.#onState = onState
  }

  get state(): CursorState {
    return this.#state
  }
  /** Shapes that are kept. */
  get cacheSize(): number {
    return this.#cache.size
  }

  message(type: number, r: Reader): void {
    switch (type) {
      case CursorMsg.INIT: {
        this.#forgetAll()
        const at = point(r)
        r.skip(4) // trail length and frequency
        return this.#set(at, r)
      }
      case CursorMsg.SET:
        return this.#set(point(r), r)
      case CursorMsg.MOVE:
        // The server sends it for a pointer that shows.
        return this.#become({ ...this.#state, ...point(r), visible: true })
      case CursorMsg.HIDE:
        return this.#become({ ...this.#state, visible: false })
      case CursorMsg.RESET:
        this.#forgetAll()
        return this.#become(NOTHING)
      case CursorMsg.TRAIL:
        // Trails are an ornament of the nineties that no client draws.
        return
      case CursorMsg.INVAL_ONE:
        return this.#forget(r.u64())
      case CursorMsg.INVAL_ALL:
        return this.#forgetAll()
      default:
        throw new WireError(`unknown cursor message ${type}`)
    }
  }

  #become(state: CursorState): void {
    this.#state = state
    this.#onState(state)
  }

  #set(at: { readonly x: number; readonly y: number }, r: Reader): void {
    const visible = r.u8() !== 0
    this.#become({ ...at, visible, shape: this.#shape(r) })
  }

  #shape(r: Reader): CursorShape | undefined {
    const flags = r.u16()
    if ((flags & CursorFlags.NONE) !== 0) return undefined
    const head = readCursorHeader(r)
    if ((flags & CursorFlags.FROM_CACHE) !== 0) {
      const kept = this.#cache.get(head.key)
      if (kept === undefined) throw new WireError(`cursor ${head.key} is not in the cache`)
      this.#cache.delete(head.key)
      this.#cache.set(head.key, kept)
      return kept
    }
    const shape = head.width === 0 || head.height === 0 ? undefined : decodeCursor(head, r.take(r.left))
    if (shape !== undefined && (flags & CursorFlags.CACHE_ME) !== 0) this.#keep(head.key, shape)
    return shape
  }

  #keep(key: bigint, shape: CursorShape): void {
    this.#forget(key)
    this.#cache.set(key, shape)
    this.#cached += shape.pixels.data.length
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= CACHE_SHAPES && this.#cached <= CACHE_PIXELS) break
      this.#forget(oldest)
    }
  }

  #forget(key: bigint): void {
    const shape = this.#cache.get(key)
    if (shape === undefined) return
    this.#cached -= shape.pixels.data.length
    this.#cache.delete(key)
  }

  #forgetAll(): void {
    this.#cache.clear()
    this.#cached = 0
  }
}

/** SpicePoint16: i16 x, i16 y. */
const point = (r: Reader): { x: number; y: number } => ({ x: r.i16(), y: r.i16() })
