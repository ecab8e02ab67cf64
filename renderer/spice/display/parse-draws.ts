// Why: one draw message → one command, in the order of the wire's fields. Layouts: the DRAW_… messages of SPICE protocol
// 2.x, as the real server marshals them.
import { CompositeFlags } from '../wire/enums.ts'
import { DisplayMsg } from '../wire/messages.ts'
import type { Reader } from '../wire/reader.ts'
import type { DrawCommand } from './commands.ts'
import { parseBase, parseBrush, parseImagePointer, parseLineAttr, parseMask, parsePath, parsePoint, parsePoint16, parseRect, parseSource, parseString, parseTransform } from './parse-parts.ts'

/** CompositeFlags.HAS_MASK, bit 19 of `spice/enums.h`. */
const HAS_MASK = 0x80000

/** undefined: not a draw. WireError: one that does not hold together. The images are views into the message. */
export function parseDraw(type: number, r: Reader): DrawCommand | undefined {
  switch (type) {
    case DisplayMsg.COPY_BITS: {
      const surface = r.u32()
      const base = parseBase(r)
      return { type, surface, draw: { ...base, srcPos: parsePoint(r) } }
    }
    case DisplayMsg.DRAW_FILL: {
      const surface = r.u32()
      const { box, clip } = parseBase(r)
      const brush = parseBrush(r)
      const ropDescriptor = r.u16()
      return { type, surface, draw: { box, clip, brush, ropDescriptor, mask: parseMask(r) } }
    }
    case DisplayMsg.DRAW_OPAQUE: {
      const surface = r.u32()
      const { box, clip } = parseBase(r)
      const src = parseSource(r)
      const srcArea = parseRect(r)
      const brush = parseBrush(r)
      const ropDescriptor = r.u16()
      const scaleMode = r.u8()
      return { type, surface, draw: { box, clip, src, srcArea, brush, ropDescriptor, scaleMode, mask: parseMask(r) } }
    }
    case DisplayMsg.DRAW_COPY:
    case DisplayMsg.DRAW_BLEND: {
      const surface = r.u32()
      const { box, clip } = parseBase(r)
      const src = parseSource(r)
      const srcArea = parseRect(r)
      const ropDescriptor = r.u16()
      const scaleMode = r.u8()
      return { type, surface, draw: { box, clip, src, srcArea, ropDescriptor, scaleMode, mask: parseMask(r) } }
    }
    case DisplayMsg.DRAW_BLACKNESS:
    case DisplayMsg.DRAW_WHITENESS:
    case DisplayMsg.DRAW_INVERS: {
      const surface = r.u32()
      const { box, clip } = parseBase(r)
      return { type, surface, draw: { box, clip, mask: parseMask(r) } }
    }
    case DisplayMsg.DRAW_ROP3: {
      const surface = r.u32()
      const { box, clip } = parseBase(r)
      const src = parseSource(r)
      const srcArea = parseRect(r)
      const brush = parseBrush(r)
      const rop3 = r.u8()
      const scaleMode = r.u8()
      return { type, surface, draw: { box, clip, src, srcArea, brush, rop3, scaleMode, mask: parseMask(r) } }
    }
    case DisplayMsg.DRAW_STROKE: {
      const surface = r.u32()
      const { box, clip } = parseBase(r)
      const path = parsePath(r)
      const attr = parseLineAttr(r)
      const brush = parseBrush(r)
      const foreMode = r.u16()
      return { type, surface, draw: { box, clip, path, attr, brush, foreMode, backMode: r.u16() } }
    }
    case DisplayMsg.DRAW_TEXT: {
      const surface = r.u32()
      const { box, clip } = parseBase(r)
      const { bits, glyphs } = parseString(r)
      const backArea = parseRect(r)
      const foreBrush = parseBrush(r)
      const backBrush = parseBrush(r)
      const foreMode = r.u16()
      return { type, surface, draw: { box, clip, bits, glyphs, backArea, foreBrush, backBrush, foreMode, backMode: r.u16() } }
    }
    case DisplayMsg.DRAW_TRANSPARENT: {
      const surface = r.u32()
      const { box, clip } = parseBase(r)
      const src = parseSource(r)
      const srcArea = parseRect(r)
      const srcColor = r.u32()
      return { type, surface, draw: { box, clip, src, srcArea, srcColor, trueColor: r.u32() } }
    }
    case DisplayMsg.DRAW_ALPHA_BLEND: {
      const surface = r.u32()
      const { box, clip } = parseBase(r)
      const alphaFlags = r.u8()
      const alpha = r.u8()
      const src = parseSource(r)
      return { type, surface, draw: { box, clip, alphaFlags, alpha, src, srcArea: parseRect(r) } }
    }
    case DisplayMsg.DRAW_COMPOSITE: {
      const surface = r.u32()
      const { box, clip } = parseBase(r)
      const flags = r.u32()
      const src = parseSource(r)
      const mask = (flags & HAS_MASK) === 0 ? null : parseImagePointer(r)
      const srcTransform = (flags & CompositeFlags.HAS_SRC_TRANSFORM) === 0 ? null : parseTransform(r)
      const maskTransform = (flags & CompositeFlags.HAS_MASK_TRANSFORM) === 0 ? null : parseTransform(r)
      const srcOrigin = parsePoint16(r)
      return { type, surface, draw: { box, clip, flags, src, mask, srcTransform, maskTransform, srcOrigin, maskOrigin: parsePoint16(r) } }
    }
    default:
      return undefined
  }
}
