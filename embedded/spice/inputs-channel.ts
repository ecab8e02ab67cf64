// Why: the inputs channel turns messages into events for the guest's screen, keeps the pointer inside it, and pays the
// motion acknowledgements without which clients stop sending.
import type { Channel, Connection } from './connection.ts'
import { inputsMsg, inputsMsgc, keyLock, MOTION_ACK_BUNCH } from './protocol.ts'
import { scancode } from './keyboard.ts'
import type { InputEvent } from './screen.ts'
import { WireError, Writer, type Reader } from './wire.ts'

/** The guest's pointer and lock lamps; shared by the channels of all sessions, as there is one guest. */
export interface InputSide {
  /** Lock bits, see keyLock. */
  locks: number
  readonly size: { readonly width: number; readonly height: number }
  pointer: { readonly x: number; readonly y: number }
  emit(event: InputEvent): void
  /** In server mouse mode the guest draws where the pointer is. */
  pointerMoved(): void
}

const lockKeys: Readonly<Record<number, number>> = { [scancode.capsLock]: keyLock.caps, [scancode.numLock]: keyLock.num, [scancode.scrollLock]: keyLock.scroll }
/** Left, middle, right, side, extra. */
const BUTTON_MASK = 1 | 2 | 4 | 32 | 64

export class InputsChannel implements Channel {
  readonly #connection: Connection
  readonly #side: InputSide
  readonly #gone: () => void
  #motions = 0
  /** An E0 of a KEY_SCANCODE message whose second byte is still to come. */
  #extended = false

  constructor(connection: Connection, side: InputSide, gone: () => void) {
    this.#connection = connection
    this.#side = side
    this.#gone = gone
  }

  closed(): void {
    this.#gone()
  }

  /** The guest changed its lamps by itself. */
  lampsChanged(): void {
    this.#connection.send(inputsMsg.keyModifiers, this.#locks())
  }

  start(): void {
    this.#connection.send(inputsMsg.init, this.#locks())
  }

  message(type: number, body: Reader): void {
    switch (type) {
      case inputsMsgc.keyDown:
      case inputsMsgc.keyUp:
        return this.#keys(body.bytes(4))
      case inputsMsgc.keyScancode:
        for (const byte of body.bytes(body.remaining)) this.#scan(byte)
        return
      case inputsMsgc.keyModifiers:
        this.#setLocks(body.u16())
        return
      case inputsMsgc.mouseMotion: {
        const { x, y } = this.#side.pointer
        return this.#move(x + body.i32(), y + body.i32(), body.u16())
      }
      case inputsMsgc.mousePosition: {
        const [x, y, buttons] = [body.u32(), body.u32(), body.u16()]
        body.u8()
        return this.#move(x, y, buttons)
      }
      case inputsMsgc.mousePress:
      case inputsMsgc.mouseRelease: {
        const button = body.u8()
        const buttons = body.u16() & BUTTON_MASK
        this.#side.emit({ kind: 'button', down: type === inputsMsgc.mousePress, button, ...this.#side.pointer })
        this.#side.emit({ kind: 'pointer', ...this.#side.pointer, buttons })
        return
      }
      default:
        throw new WireError(`inputs message ${type}`)
    }
  }

  /** Up to four scancode bytes, first byte lowest, ended by a zero. The release bit is in them. */
  #keys(bytes: Buffer): void {
    for (const byte of bytes) {
      if (byte === 0) break
      this.#scan(byte)
    }
    this.#extended = false
  }

  #scan(byte: number): void {
    if (byte === 0xe0 || byte === 0xe1) {
      this.#extended = true
      return
    }
    const event = { kind: 'key', down: (byte & 0x80) === 0, code: byte & 0x7f, extended: this.#extended } as const
    this.#extended = false
    const lock = event.extended ? undefined : lockKeys[event.code]
    if (lock !== undefined && event.down) this.#setLocks(this.#side.locks ^ lock)
    this.#side.emit(event)
  }

  #setLocks(bits: number): void {
    this.#side.locks = bits & (keyLock.caps | keyLock.num | keyLock.scroll)
    const has = (bit: number) => (this.#side.locks & bit) !== 0
    this.#side.emit({ kind: 'locks', scroll: has(keyLock.scroll), num: has(keyLock.num), caps: has(keyLock.caps) })
    this.lampsChanged()
  }

  #locks(): Buffer {
    return new Writer().u16(this.#side.locks).finish()
  }

  #move(x: number, y: number, buttons: number): void {
    const inside = (v: number, size: number) => Math.max(0, Math.min(size - 1, v))
    this.#side.pointer = { x: inside(x, this.#side.size.width), y: inside(y, this.#side.size.height) }
    this.#side.emit({ kind: 'pointer', ...this.#side.pointer, buttons: buttons & BUTTON_MASK })
    this.#side.pointerMoved()
    if (++this.#motions % MOTION_ACK_BUNCH === 0) this.#connection.send(inputsMsg.mouseMotionAck)
  }
}
