// Why: one case on the canvas, and its picture as a number that can be kept beside the server's.
import { drawAlphaBlend, drawTransparent } from '../alpha.ts'
import { drawComposite } from '../composite.ts'
import { drawBlackness, drawBlend, drawCopy, drawCopyBits, drawFill, drawInvers, drawOpaque, drawRop3, drawWhiteness } from '../draws.ts'
import { drawStroke } from '../stroke.ts'
import { drawText } from '../text.ts'
import type { Surface } from '../surface.ts'
import type { Case } from './script.ts'
import { fromRaw, QXL } from './script.ts'

export function run(c: Case): Surface {
  const s = fromRaw(c.target)
  for (const { type, draw: d } of c.draws) {
    switch (type) {
      case QXL.FILL: drawFill(s, d); break
      case QXL.OPAQUE: drawOpaque(s, d); break
      case QXL.COPY: drawCopy(s, d); break
      case QXL.BLEND: drawBlend(s, d); break
      case QXL.COPY_BITS: drawCopyBits(s, d); break
      case QXL.BLACKNESS: drawBlackness(s, d); break
      case QXL.WHITENESS: drawWhiteness(s, d); break
      case QXL.INVERS: drawInvers(s, d); break
      case QXL.TRANSPARENT: drawTransparent(s, d); break
      case QXL.ALPHA_BLEND: drawAlphaBlend(s, d); break
      case QXL.TEXT: drawText(s, d); break
      case QXL.STROKE: drawStroke(s, d); break
      case QXL.COMPOSITE: drawComposite(s, d); break
      case QXL.ROP3: drawRop3(s, d); break
    }
  }
  return s
}

/** FNV-1a of the words. */
export function hash(words: Uint32Array): number {
  let h = 0x811c9dc5
  for (const w of words) for (let i = 0; i < 32; i += 8) h = Math.imul(h ^ ((w >>> i) & 255), 0x01000193)
  return h >>> 0
}
