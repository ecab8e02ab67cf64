// Why: the bodies of the inputs channel's messages, built here because the package's own constructors read DOM events.
// Layouts: spice-protocol `spice.proto`, channel inputs; all little-endian.

export interface Body { buffer_size(): number; to_buffer(a: ArrayBuffer): void }

export const INPUTS = { KEY_DOWN: 101, KEY_UP: 102, KEY_MODIFIERS: 103, MOUSE_MOTION: 111, MOUSE_POSITION: 112, MOUSE_PRESS: 113, MOUSE_RELEASE: 114 } as const

const body = (size: number, fill: (view: DataView) => void): Body => ({
  buffer_size: () => size,
  to_buffer: (a) => { fill(new DataView(a)) },
})

/** uint32 code (spice/session/scancodes.ts, wireCode). */
export const keyBody = (code: number): Body => body(4, (v) => { v.setUint32(0, code >>> 0, true) })

/** uint16 flags: 1 scroll, 2 num, 4 caps lock. */
export const locksBody = (bits: number): Body => body(2, (v) => { v.setUint16(0, bits, true) })

/** uint32 x, uint32 y, uint16 button mask, uint8 display. */
export const positionBody = (x: number, y: number, buttons: number): Body =>
  body(11, (v) => { v.setUint32(0, x, true); v.setUint32(4, y, true); v.setUint16(8, buttons, true); v.setUint8(10, 0) })

/** int32 dx, int32 dy, uint16 button mask. */
export const motionBody = (dx: number, dy: number, buttons: number): Body =>
  body(10, (v) => { v.setInt32(0, dx, true); v.setInt32(4, dy, true); v.setUint16(8, buttons, true) })

/** uint8 button, uint16 button mask. */
export const buttonBody = (button: number, buttons: number): Body =>
  body(3, (v) => { v.setUint8(0, button); v.setUint16(1, buttons, true) })
