import { expect, it } from 'vitest'
import { loadWasmDecoders } from '../wasm/decoders.ts'
import { MAX_AREA, MAX_SIDE } from '../pixels.ts'
import { Reader, WireError } from '../wire/reader.ts'
import { ImageDecoder, SharedImages } from './decoder.ts'
import { parseImage } from './parse.ts'
import { random, rawDraws } from './image.testkit.ts'
import glz from './fixtures/glz.ts'
import lz from './fixtures/lz.ts'
import lz4 from './fixtures/lz4.ts'
import off from './fixtures/off.ts'
import quic from './fixtures/quic.ts'
import zlibGlz from './fixtures/zlib-glz.ts'

const ROUNDS = 4000

it('mutated messages of every codec: a picture, or a WireError, and memory within its bound', async () => {
  const next = random(20261124)
  const compiled = await loadWasmDecoders()
  // A session each: with another channel a reference to nothing would wait for it.
  const sessions = [new SharedImages(200_000, 200_000), new SharedImages(200_000, 200_000)]
  const decoders = sessions.map((shared, i) => new ImageDecoder({
    shared,
    surface: () => undefined,
    jpeg: () => Promise.reject(new WireError('no JPEG in here')),
    ...(i === 0 ? {} : compiled),
  }))
  const draws = [quic, lz, glz, zlibGlz, lz4, off].flatMap((m) => rawDraws(m)).filter((d) => d.message.length < 20_000)
  let pictures = 0
  let refused = 0
  for (let n = 0; n < ROUNDS; n++) {
    const { message, at } = draws[next() % draws.length] ?? { message: new Uint8Array(), at: 0 }
    const bytes = message.slice(0, next() % 8 === 0 ? at + (next() % (message.length - at)) : message.length)
    // Half of the changes hit the first 80 bytes, where the sizes are.
    for (let k = next() % 6; k > 0; k--) {
      const span = (next() & 1) === 0 ? Math.min(80, bytes.length - at) : bytes.length - at
      if (span > 0) bytes[at + (next() % span)] = [0, 1, 255, 127, next()][next() % 5] ?? 0
    }
    try {
      const decoder = decoders[n & 1]
      if (decoder === undefined) throw new Error('no decoder')
      const got = await decoder.decode(parseImage(new Reader(bytes, at)))
      pictures++
      if (got.width > MAX_SIDE || got.height > MAX_SIDE || got.width * got.height > MAX_AREA || got.data.length < got.stride * (got.height - 1) + got.width) throw new Error('picture out of bounds')
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      refused++
    }
    for (const { pixmaps, glz: window } of sessions) if (pixmaps.pixels > 200_000 || window.pixels > 200_000) throw new Error('cache out of bounds')
  }
  expect(pictures).toBeGreaterThan(ROUNDS / 10)
  expect(refused).toBeGreaterThan(ROUNDS / 10)
})
