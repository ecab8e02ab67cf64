// Why: a command whose images are decoded, onto its surface: the one place where draw messages meet the canvas.
import { drawAlphaBlend, drawTransparent } from '../canvas/alpha.ts'
import { drawComposite } from '../canvas/composite.ts'
import { drawBlackness, drawBlend, drawCopy, drawCopyBits, drawFill, drawInvers, drawOpaque, drawRop3, drawWhiteness } from '../canvas/draws.ts'
import { drawStroke } from '../canvas/stroke.ts'
import type { Surface } from '../canvas/surface.ts'
import { drawText } from '../canvas/text.ts'
import type { Brush, Mask } from '../canvas/types.ts'
import type { ImageRef } from '../image/types.ts'
import type { Coverage, Picture } from '../pixels.ts'
import { ImageType } from '../wire/enums.ts'
import { DisplayMsg } from '../wire/messages.ts'
import { WireError } from '../wire/reader.ts'
import type { DrawCommand, WireBrush, WireMask } from './commands.ts'

/** An image that a command needs, as a picture or as a mask's coverage. */
export type Need = { readonly ref: ImageRef; readonly mask: false } | { readonly ref: ImageRef; readonly mask: true; readonly invert: boolean }
export type Decoded = Picture | Coverage

const picture = (ref: ImageRef): Need => ({ ref, mask: false })

/** The images of a command in the order of the wire, which is the order that caches are filled in. */
export function needsOf(command: DrawCommand): Need[] {
  const needs: Need[] = []
  const brush = (b: WireBrush): void => {
    if (b.type === 'pattern') needs.push(picture(b.ref))
  }
  const mask = (m: WireMask | null): void => {
    if (m !== null) needs.push({ ref: m.ref, mask: true, invert: m.invert })
  }
  switch (command.type) {
    case DisplayMsg.COPY_BITS:
      break
    case DisplayMsg.DRAW_FILL:
      brush(command.draw.brush)
      mask(command.draw.mask)
      break
    case DisplayMsg.DRAW_COPY:
    case DisplayMsg.DRAW_BLEND:
      needs.push(picture(command.draw.src))
      mask(command.draw.mask)
      break
    case DisplayMsg.DRAW_OPAQUE:
    case DisplayMsg.DRAW_ROP3:
      needs.push(picture(command.draw.src))
      brush(command.draw.brush)
      mask(command.draw.mask)
      break
    case DisplayMsg.DRAW_BLACKNESS:
    case DisplayMsg.DRAW_WHITENESS:
    case DisplayMsg.DRAW_INVERS:
      mask(command.draw.mask)
      break
    case DisplayMsg.DRAW_STROKE:
      brush(command.draw.brush)
      break
    case DisplayMsg.DRAW_TEXT:
      brush(command.draw.foreBrush)
      brush(command.draw.backBrush)
      break
    case DisplayMsg.DRAW_TRANSPARENT:
    case DisplayMsg.DRAW_ALPHA_BLEND:
      needs.push(picture(command.draw.src))
      break
    case DisplayMsg.DRAW_COMPOSITE:
      needs.push(picture(command.draw.src))
      if (command.draw.mask !== null) needs.push(picture(command.draw.mask))
  }
  return needs
}

/** What was decoded, taken in the order of needsOf. */
class Taken {
  readonly #decoded: readonly Decoded[]
  #next = 0
  constructor(decoded: readonly Decoded[]) {
    this.#decoded = decoded
  }
  #take(): Decoded {
    const d = this.#decoded[this.#next++]
    if (d === undefined) throw new WireError('a draw without its image')
    return d
  }
  picture(): Picture {
    return this.#take() as Picture
  }
  brush(b: WireBrush): Brush {
    return b.type === 'pattern' ? { type: 'pattern', picture: this.picture(), origin: b.origin } : b
  }
  /** The decoder has inverted it already. */
  mask(m: WireMask | null): Mask | null {
    return m === null ? null : { coverage: this.#take() as Coverage, pos: m.pos, inverted: false }
  }
}

/** Draws; `decoded` as needsOf lists them. */
export function paint(surface: Surface, command: DrawCommand, decoded: readonly Decoded[]): void {
  const taken = new Taken(decoded)
  switch (command.type) {
    case DisplayMsg.COPY_BITS:
      return drawCopyBits(surface, command.draw)
    case DisplayMsg.DRAW_FILL: {
      const d = command.draw
      return drawFill(surface, { ...d, brush: taken.brush(d.brush), mask: taken.mask(d.mask) })
    }
    case DisplayMsg.DRAW_COPY: {
      const d = command.draw
      return drawCopy(surface, { ...d, src: taken.picture(), mask: taken.mask(d.mask) })
    }
    case DisplayMsg.DRAW_BLEND: {
      const d = command.draw
      return drawBlend(surface, { ...d, src: taken.picture(), mask: taken.mask(d.mask) })
    }
    case DisplayMsg.DRAW_OPAQUE: {
      const d = command.draw
      return drawOpaque(surface, { ...d, src: taken.picture(), brush: taken.brush(d.brush), mask: taken.mask(d.mask) })
    }
    case DisplayMsg.DRAW_ROP3: {
      const d = command.draw
      return drawRop3(surface, { ...d, src: taken.picture(), brush: taken.brush(d.brush), mask: taken.mask(d.mask) })
    }
    case DisplayMsg.DRAW_BLACKNESS:
      return drawBlackness(surface, { ...command.draw, mask: taken.mask(command.draw.mask) })
    case DisplayMsg.DRAW_WHITENESS:
      return drawWhiteness(surface, { ...command.draw, mask: taken.mask(command.draw.mask) })
    case DisplayMsg.DRAW_INVERS:
      return drawInvers(surface, { ...command.draw, mask: taken.mask(command.draw.mask) })
    case DisplayMsg.DRAW_STROKE:
      return drawStroke(surface, { ...command.draw, brush: taken.brush(command.draw.brush) })
    case DisplayMsg.DRAW_TEXT: {
      const d = command.draw
      return drawText(surface, { ...d, foreBrush: taken.brush(d.foreBrush), backBrush: taken.brush(d.backBrush) })
    }
    case DisplayMsg.DRAW_TRANSPARENT:
      return drawTransparent(surface, { ...command.draw, src: taken.picture() })
    case DisplayMsg.DRAW_ALPHA_BLEND: {
      const d = command.draw
      return drawAlphaBlend(surface, { ...d, src: taken.picture(), srcIsSurface: d.src.type === ImageType.SURFACE })
    }
    case DisplayMsg.DRAW_COMPOSITE: {
      const d = command.draw
      return drawComposite(surface, { ...d, src: taken.picture(), mask: d.mask === null ? null : taken.picture() })
    }
  }
}
