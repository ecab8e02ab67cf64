// Why: what a person does, as calls that are right whatever the window goes through: every press has one release, locks
// agree on both sides, motion loses no distance. Knows no DOM beyond the names of KeyboardEvent.code.
// Layouts: SpiceMsgcKeyDown, SpiceMsgcKeyModifiers, SpiceMsgcMouseMotion, -Position, -Press of spice-server's demarshaller.
import { KeyboardModifierFlags, MouseButton, MouseButtonMask, MouseMode } from '../wire/enums.ts'
import { InputsMsg, InputsMsgc } from '../wire/messages.ts'
import { WireError, type Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { Pointer } from './pointer.ts'
import { isKnownKey, wireCode } from './scancodes.ts'

/** Buttons by their SPICE numbers (`MouseButton`); the wheel is two of them and goes by wheel(). */
const maskOf: ReadonlyMap<number, number> = new Map([
  [MouseButton.LEFT, MouseButtonMask.LEFT],
  [MouseButton.MIDDLE, MouseButtonMask.MIDDLE],
  [MouseButton.RIGHT, MouseButtonMask.RIGHT],
  [MouseButton.SIDE, MouseButtonMask.SIDE],
  [MouseButton.EXTRA, MouseButtonMask.EXTRA],
])
/** MouseEvent.button → `MouseButton`. */
export const BUTTONS: readonly number[] = [MouseButton.LEFT, MouseButton.MIDDLE, MouseButton.RIGHT, MouseButton.SIDE, MouseButton.EXTRA]
/** A wheel that claims more in one event is held to this many notches. */
const MAX_NOTCHES = 8
const LOCKS = KeyboardModifierFlags.SCROLL_LOCK | KeyboardModifierFlags.NUM_LOCK | KeyboardModifierFlags.CAPS_LOCK
const MAX_COORDINATE = 0x7fff_ffff
const finite = (v: number): number => (Number.isFinite(v) ? v : 0)
const coordinate = (v: number): number => Math.max(0, Math.min(MAX_COORDINATE, Math.floor(finite(v))))

/** A wheel event as notches: `deltaMode` 0 pixels (a notch is 100), 1 lines (3), 2 pages (1). */
export function wheelNotches(delta: number, deltaMode: number): number {
  return delta / (deltaMode === 0 ? 100 : deltaMode === 1 ? 3 : 1)
}

export interface InputsEvents {
  /** The guest's lock lamps, `KeyboardModifierFlags` bits. */
  locks(bits: number): void
  /** A pointer message's acknowledgement came `ms` after it was sent. */
  rtt(ms: number): void
}

export class Inputs {
  readonly #e: InputsEvents
  readonly #now: () => number
  readonly #pointer: Pointer
  readonly #down = new Set<string>()
  #send: ((type: number, body: Uint8Array) => boolean) | undefined
  #buttons = 0
  #wheel = 0
  #mode: number = MouseMode.SERVER
  #locks: number | undefined
  /** When the message was sent that completes a bunch: its answer is the next MOTION_ACK. */
  #bunchSent: number[] = []
  #sent = 0

  constructor(now: () => number, events: InputsEvents) {
    this.#now = now
    this.#e = events
    this.#pointer = new Pointer({
      motion: (dx, dy) => { this.#pointerMessage(InputsMsgc.MOUSE_MOTION, new Writer(16).i32(dx).i32(dy).u16(this.#buttons)) },
      position: (x, y, display) => { this.#pointerMessage(InputsMsgc.MOUSE_POSITION, new Writer(16).u32(x).u32(y).u16(this.#buttons).u8(display)) },
    })
  }

  /** The channel is linked; undefined: it is gone, and with it what was held down. */
  attach(send: ((type: number, body: Uint8Array) => boolean) | undefined): void {
    this.#send = send
    this.#down.clear()
    this.#buttons = 0
    this.#wheel = 0
    this.#locks = undefined
    this.#bunchSent = []
    this.#sent = 0
    this.#pointer.reset()
  }

  get ready(): boolean {
    return this.#send !== undefined
  }
  /** Lock lamps as the guest last told them, undefined before. */
  get locks(): number | undefined {
    return this.#locks
  }
  /** `MouseButtonMask` bits that are down. */
  get buttons(): number {
    return this.#buttons
  }
  get mouseMode(): number {
    return this.#mode
  }
  set mouseMode(mode: number) {
    if (mode === this.#mode) return
    this.#mode = mode
    this.#pointer.forget()
  }

  /** @param code KeyboardEvent.code; a key that is down already is repeated. @returns false for a key without a scancode */
  keyDown(code: string): boolean {
    const wire = wireCode(code, true)
    if (wire === undefined) return false
    this.#pointer.flush()
    if (this.#message(InputsMsgc.KEY_DOWN, new Writer(4).u32(wire))) this.#down.add(code)
    return true
  }

  /** A key that is not down is left alone: a release without a press confuses guests. */
  keyUp(code: string): void {
    if (!this.#down.delete(code)) return
    const wire = wireCode(code, false)
    if (wire !== undefined) this.#message(InputsMsgc.KEY_UP, new Writer(4).u32(wire))
  }

  isDown(code: string): boolean {
    return this.#down.has(code)
  }

  /** Presses in order, releases in reverse; keys that are down already stay down. */
  sendKeys(codes: readonly string[]): void {
    const fresh = [...new Set(codes)].filter((code) => isKnownKey(code) && !this.#down.has(code))
    for (const code of fresh) this.keyDown(code)
    for (const code of fresh.toReversed()) this.keyUp(code)
  }

  /** Every key and button up: the window lost the focus. */
  releaseAll(): void {
    for (const code of [...this.#down].reverse()) this.keyUp(code)
    for (const [button, mask] of maskOf) if ((this.#buttons & mask) !== 0) this.button(button, false)
  }

  /** Makes the guest's locks like these (`KeyboardModifierFlags` bits), if they are known to differ or not known. */
  syncLocks(bits: number): void {
    const wanted = bits & LOCKS
    if (wanted !== this.#locks) this.#message(InputsMsgc.KEY_MODIFIERS, new Writer(2).u16(wanted))
  }

  /** Relative motion in guest pixels; for the server mouse mode. @returns false in the other one */
  motion(dx: number, dy: number): boolean {
    if (this.#mode !== MouseMode.SERVER) return false
    if (this.#send !== undefined) this.#pointer.motion(finite(dx), finite(dy))
    return true
  }

  /** Absolute position in guest pixels; for the client mouse mode. @returns false in the other one */
  position(x: number, y: number, display = 0): boolean {
    if (this.#mode !== MouseMode.CLIENT) return false
    if (this.#send !== undefined) this.#pointer.position(coordinate(x), coordinate(y), display)
    return true
  }

  /** @param button `MouseButton` LEFT, MIDDLE, RIGHT, SIDE or EXTRA (see BUTTONS) */
  button(button: number, pressed: boolean): void {
    const mask = maskOf.get(button)
    if (mask === undefined || ((this.#buttons & mask) !== 0) === pressed) return
    this.#pointer.flush()
    this.#buttons = pressed ? this.#buttons | mask : this.#buttons & ~mask
    this.#click(button, pressed)
  }

  /** Notches, down positive; parts of one add up, as long as it turns the same way. */
  wheel(notches: number): void {
    if (this.#wheel * finite(notches) < 0) this.#wheel = 0
    this.#wheel = Math.max(-MAX_NOTCHES, Math.min(MAX_NOTCHES, this.#wheel + finite(notches)))
    const whole = Math.trunc(this.#wheel)
    this.#wheel -= whole
    if (whole === 0) return
    this.#pointer.flush()
    const button = whole < 0 ? MouseButton.UP : MouseButton.DOWN
    for (let i = Math.abs(whole); i > 0; i--) {
      this.#click(button, true)
      this.#click(button, false)
    }
  }

  message(type: number, r: Reader): void {
    switch (type) {
      case InputsMsg.INIT:
      case InputsMsg.KEY_MODIFIERS:
        this.#locks = r.u16() & LOCKS
        return this.#e.locks(this.#locks)
      case InputsMsg.MOUSE_MOTION_ACK: {
        const sent = this.#bunchSent.shift()
        if (sent !== undefined) this.#e.rtt(this.#now() - sent)
        return this.#pointer.acknowledged()
      }
      default:
        throw new WireError(`unknown inputs message ${type}`)
    }
  }

  #click(button: number, pressed: boolean): void {
    this.#message(pressed ? InputsMsgc.MOUSE_PRESS : InputsMsgc.MOUSE_RELEASE, new Writer(3).u8(button).u16(this.#buttons))
  }

  #pointerMessage(type: number, body: Writer): void {
    if (!this.#message(type, body)) return
    // The server answers every fourth.
    if (++this.#sent % 4 === 0 && this.#bunchSent.length < 16) this.#bunchSent.push(this.#now())
  }

  #message(type: number, body: Writer): boolean {
    return this.#send?.(type, body.finish()) ?? false
  }
}
