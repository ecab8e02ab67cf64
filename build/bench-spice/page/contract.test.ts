import { expect, test } from 'vitest'
import { minus, type Tally } from './contract.ts'

const tally = (n: number, images: Record<string, number>): Tally => ({ bytes: n, draws: n, pixels: n, images, presentedFrames: n, problems: n, decodeMs: n, presentMs: n })

test('minus is what happened between two looks; image types that did not come are left out', () => {
  expect(minus(tally(5, { QUIC: 3, BITMAP: 1, LZ_RGB: 2 }), tally(2, { QUIC: 1, BITMAP: 1 }))).toEqual(tally(3, { QUIC: 2, LZ_RGB: 2 }))
})
