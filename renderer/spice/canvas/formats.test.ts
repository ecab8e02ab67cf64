// What a picture was sent as shows on surfaces with alpha and in masks, as on the real server (corpus: primary-quic,
// composite-operators, composite-masks-lz); from a cache too, of which the corpus has nothing.
import { describe, expect, it } from 'vitest'
import type { Picture } from '../pixels.ts'
import { ImageScaleMode, Ropd, SurfaceFmt } from '../wire/enums.ts'
import { drawComposite } from './composite.ts'
import { drawCopy, drawFill } from './draws.ts'
import { OP } from './op.ts'
import { Surface, type SurfaceFormat } from './surface.ts'
import type { Composite } from './types.ts'

const BOX = { left: 0, top: 0, right: 2, bottom: 1 }
const OPAQUE_RED = 0xff0000ff

function picture(words: readonly number[], rest: Partial<Picture>): Picture {
  return { width: words.length, height: 1, stride: words.length, alpha: false, data: Uint32Array.from(words), ...rest }
}
const red = (bits: 16 | undefined): Picture => picture([OPAQUE_RED, OPAQUE_RED], bits === undefined ? {} : { bits })

function drawn(format: SurfaceFormat, draw: (s: Surface) => void): number[] {
  const surface = new Surface(2, 1, format)
  draw(surface)
  return [...surface.data]
}

describe('sixteen bits on a surface with alpha', () => {
  const copy = (src: Picture) => (s: Surface): void => drawCopy(s, { box: BOX, clip: null, src, srcArea: BOX, ropDescriptor: Ropd.OP_PUT, scaleMode: ImageScaleMode.NEAREST, mask: null })
  const tile = (src: Picture) => (s: Surface): void => drawFill(s, { box: BOX, clip: null, brush: { type: 'pattern', picture: src, origin: { x: 0, y: 0 } }, ropDescriptor: Ropd.OP_PUT, mask: null })
  it.each([['copy', copy], ['pattern', tile]] as const)('%s: opaque, while wider ones have the zero of their unused byte', (_, draw) => {
    expect(drawn(SurfaceFmt['32_ARGB'], draw(red(16)))).toEqual([OPAQUE_RED, OPAQUE_RED])
    expect(drawn(SurfaceFmt['32_ARGB'], draw(red(undefined)))).toEqual([0xff, 0xff])
    expect(drawn(SurfaceFmt['32_xRGB'], draw(red(16)))).toEqual([OPAQUE_RED, OPAQUE_RED])
  })
})

describe('alpha alone as the mask of COMPOSITE', () => {
  const composite = (mask: Picture) => (s: Surface): void => {
    const d: Composite = { box: BOX, clip: null, flags: OP.OVER, src: red(undefined), srcTransform: null, mask, maskTransform: null, srcOrigin: { x: 0, y: 0 }, maskOrigin: { x: 0, y: 0 } }
    drawComposite(s, d)
  }
  const half = [0x80000000, 0]
  it('covers everything if it was an image, and as much as it says if it is a surface', () => {
    expect(drawn(SurfaceFmt['32_xRGB'], composite(picture(half, { alpha: true, bits: 8 })))).toEqual([OPAQUE_RED, OPAQUE_RED])
    expect(drawn(SurfaceFmt['32_xRGB'], composite(picture(half, { alpha: true })))).toEqual([0xff000080, 0xff000000])
  })
})
