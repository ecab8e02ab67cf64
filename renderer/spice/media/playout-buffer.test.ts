import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_LATENCY_MS, MAX_LATENCY_MS, MIN_LATENCY_MS, PlayoutBuffer } from './playout-buffer.ts'

const RATE = 48_000
const BLOCK = 128
const sound = (frames: number, value = 0.5): Float32Array => new Float32Array(frames).fill(value)
const ms = (n: number): number => (n * RATE) / 1000

function block(buffer: PlayoutBuffer): Float32Array[] {
  const out = Array.from({ length: buffer.channels }, () => new Float32Array(BLOCK).fill(9))
  buffer.pull(out)
  return out
}

describe('PlayoutBuffer', () => {
  test('is silent until its latency is filled', () => {
    const b = new PlayoutBuffer(1, RATE)
    b.push(sound(ms(DEFAULT_LATENCY_MS) - 1))
    expect(block(b)[0]!.every((v) => v === 0)).toBe(true)
    b.push(sound(1))
    expect(block(b)[0]!.every((v) => v === 0.5)).toBe(true)
  })

  test('keeps the order of samples and channels', () => {
    const b = new PlayoutBuffer(2, 1000, 20)
    b.push(Float32Array.from({ length: 2 * 20 }, (_, i) => (1 + (i >> 1)) * (i % 2 === 0 ? 1 : -1)))
    const out = [new Float32Array(10), new Float32Array(10)]
    b.pull(out)
    expect([...out[0]!]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect([...out[1]!]).toEqual([-1, -2, -3, -4, -5, -6, -7, -8, -9, -10])
  })

  test.each([[1000], [-1000], [3000], [-3000]])('a clock that is %i ppm off: within 40 ms for a minute, without a gap', (ppm) => {
    const b = new PlayoutBuffer(1, RATE)
    const packet = sound(480)
    let due = 0
    let worst = 0
    let arrived = 0
    for (let played = 0; played < 60 * RATE; played += BLOCK) {
      due += BLOCK * (1 + ppm / 1e6)
      // Two packets at a time, as a busy network has them.
      while (arrived + 960 <= due + ms(DEFAULT_LATENCY_MS)) {
        b.push(packet)
        b.push(packet)
        arrived += 960
      }
      block(b)
      if (played > RATE) worst = Math.max(worst, Math.abs(b.delay - DEFAULT_LATENCY_MS))
    }
    expect(worst).toBeLessThan(40)
    expect(b.underruns).toBe(0)
  })

  test('clocks that differ, packets of any size, a network that holds them up: never 40 ms off, and no gap', () => {
    const rate = 16_000
    const run = fc.record({
      ppm: fc.integer({ min: -2000, max: 2000 }),
      packetMs: fc.constantFrom(5, 10, 20),
      jitterMs: fc.integer({ min: 0, max: 20 }),
      latency: fc.constantFrom(DEFAULT_LATENCY_MS, 80, 120),
      seed: fc.integer({ min: 1, max: 0x7ffffffe }),
    })
    fc.assert(
      fc.property(run, ({ ppm, packetMs, jitterMs, latency, seed }) => {
        const b = new PlayoutBuffer(1, rate, latency)
        const packet = sound((packetMs * rate) / 1000)
        let random = seed
        const jitter = (): number => (jitterMs * (random = (random * 48_271) % 0x7fffffff)) / 0x7fffffff
        // When each packet is there, in the time of the one who plays; the network keeps their order.
        let sent = 0
        let there = jitter()
        let worst = 0
        for (let played = 0; played < 40 * rate; played += BLOCK) {
          const now = (played / rate) * 1000
          while (there <= now) {
            b.push(packet)
            sent += packetMs / (1 + ppm / 1e6)
            there = Math.max(there, sent + jitter())
          }
          block(b)
          // The first second fills and settles.
          if (now > 1000) worst = Math.max(worst, Math.abs(b.delay - latency))
        }
        expect(worst).toBeLessThan(40)
        expect(b.underruns).toBe(0)
      }),
      { numRuns: 30 },
    )
  })

  test('after a hold-up it does not stay late', () => {
    const b = new PlayoutBuffer(1, RATE)
    b.push(sound(ms(60)))
    block(b)
    b.push(sound(ms(700)))
    expect(b.delay).toBeCloseTo(60, 0)
  })

  test('when it runs dry it fills up again before it plays', () => {
    const b = new PlayoutBuffer(1, RATE)
    b.push(sound(ms(60)))
    for (let i = 0; i < 30; i++) block(b)
    expect(b.underruns).toBe(1)
    b.push(sound(ms(30)))
    expect(block(b)[0]![0]).toBe(0)
    b.push(sound(ms(30)))
    expect(block(b)[0]![0]).toBe(0.5)
  })

  test('gains per channel; more outputs than channels get the last one', () => {
    const b = new PlayoutBuffer(2, RATE, 20)
    b.setGains([0.5, 0])
    b.push(sound(2 * ms(20)))
    const out = Array.from({ length: 3 }, () => new Float32Array(4))
    b.pull(out)
    expect(out.map((c) => c[0])).toEqual([0.25, 0, 0])
  })

  test('bounded, in memory and in latency', () => {
    const b = new PlayoutBuffer(1, RATE, 10_000)
    expect(b.latency).toBe(MAX_LATENCY_MS)
    b.latency = 0
    expect(b.latency).toBe(MIN_LATENCY_MS)
    b.latency = MAX_LATENCY_MS
    for (let i = 0; i < 10; i++) b.push(sound(RATE))
    expect(b.delay).toBeLessThanOrEqual(2000)
    b.push(sound(5 * RATE))
    expect(b.delay).toBeLessThanOrEqual(2000)
  })
})
