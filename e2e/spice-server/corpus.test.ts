import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CORPUS_ENTRIES } from './corpus-list.ts'
import { CORPUS, corpusNames, readCorpus } from './corpus.ts'
import { describe as count } from './describe.ts'
import { messageOf, oraclePixels } from './spcap.ts'

const all = corpusNames().map((name) => ({ name, cap: readCorpus(name) }))
const total = (what: 'messages' | 'images'): Record<string, number> => {
  const sum: Record<string, number> = {}
  for (const { cap } of all) for (const [k, n] of Object.entries(count(cap)[what])) sum[k] = (sum[k] ?? 0) + n
  return sum
}

describe('the corpus', () => {
  test('is exactly what the list says', () => {
    expect(corpusNames()).toEqual(CORPUS_ENTRIES.map((e) => e.name).sort())
    for (const entry of CORPUS_ENTRIES) {
      const { header } = all.find((a) => a.name === entry.name)!.cap
      expect(header.scene).toBe(entry.scene)
      expect(header.settings['compression']).toBe(entry.options.compression)
    }
  })

  test('is small, and names no place of the machine that made it', () => {
    const sizes = readdirSync(CORPUS).map((f) => statSync(join(CORPUS, f)).size)
    expect(sizes.reduce((a, b) => a + b, 0)).toBeLessThan(3_000_000)
    for (const { cap } of all) expect(JSON.stringify(cap.header)).not.toMatch(/\/(home|tmp|root|work)\b/)
  })

  test('has framed messages and a picture to compare with', () => {
    for (const { name, cap } of all) {
      for (const r of cap.records) {
        if (r.kind !== 3) continue
        const size = new DataView(r.bytes.buffer, r.bytes.byteOffset).getUint32(2, true)
        expect(r.bytes.length, `${name}: a message of channel ${r.channelType}`).toBe(6 + size)
      }
      const pictures = cap.records.filter((r) => r.kind === 4)
      if (!name.startsWith('playback')) expect(pictures.length, name).toBeGreaterThan(0)
      for (const p of pictures) expect(new Set(oraclePixels(p)).size, `${name}: ${p.label} is of one colour`).toBeGreaterThan(1)
    }
  })

  test('has every image type that the server can send', () => {
    expect(Object.keys(total('images')).sort()).toEqual([
      'BITMAP/10', 'BITMAP/2', 'BITMAP/4', 'BITMAP/5', 'BITMAP/6', 'BITMAP/7', 'BITMAP/8', 'BITMAP/9',
      'FROM_CACHE', 'FROM_CACHE_LOSSLESS', 'GLZ_RGB', 'JPEG', 'JPEG_ALPHA', 'LZ4', 'LZ_PLT', 'LZ_RGB', 'QUIC', 'SURFACE', 'ZLIB_GLZ_RGB',
    ])
  })

  test('has every display and cursor message that the server can be made to send', () => {
    const messages = total('messages')
    const wanted = [
      'COPY', 'FILL', 'OPAQUE', 'BLEND', 'BLACKNESS', 'WHITENESS', 'INVERS', 'ROP3', 'STROKE', 'TEXT', 'TRANSPARENT', 'ALPHA_BLEND', 'COMPOSITE', 'COPY_BITS',
      'SURFACE_CREATE', 'SURFACE_DESTROY', 'MARK', 'MONITORS_CONFIG', 'INVAL_LIST', 'INVAL_PALETTE', 'INVAL_ALL_PALETTES',
      'STREAM_CREATE', 'STREAM_DATA', 'STREAM_DATA_SIZED', 'STREAM_CLIP', 'STREAM_DESTROY', 'STREAM_DESTROY_ALL', 'STREAM_ACTIVATE_REPORT',
    ]
    for (const name of wanted) expect(messages[`display:${name}`], name).toBeGreaterThan(0)
    for (const name of ['INIT', 'SET', 'MOVE', 'HIDE', 'TRAIL', 'RESET', 'INVAL_ALL']) expect(messages[`cursor:${name}`], name).toBeGreaterThan(0)
  })

  test('has every ROP descriptor in FILL, and every ROP3 code that the server renders', () => {
    const fills = new Set<number>()
    const rop3 = new Set<number>()
    for (const { name, cap } of all) {
      for (const r of cap.records) {
        if (r.kind !== 3 || r.channelType !== 2) continue
        const { type, body } = messageOf(r)
        const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
        // Base of 21 bytes without clip; a solid brush is a byte and a colour.
        if (name === 'fill-rop' && type === 302 && body[20] === 0 && body[21] === 1) fills.add(view.getUint16(26, true))
        if (name === 'rop3' && type === 309) {
          const brush = body[21 + 4 + 16]
          rop3.add(body[21 + 4 + 16 + (brush === 1 ? 5 : 13)] ?? -1)
        }
      }
    }
    expect(fills.size).toBe(35)
    expect(rop3.size).toBe(218)
  })
})

test('sources of the corpus are in the repository in the same state as the list', () => {
  // Every scene of the list is in a table of the C sources.
  const native = join(import.meta.dirname, 'native')
  const sources = readdirSync(native).filter((f) => f.startsWith('scenes-')).map((f) => readFileSync(join(native, f), 'utf8')).join('\n')
  for (const { scene } of CORPUS_ENTRIES) expect(sources).toContain(`{ "${scene}",`)
})
