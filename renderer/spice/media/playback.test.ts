import { describe, expect, test } from 'vitest'
import { AudioDataMode, AudioFmt } from '../wire/enums.ts'
import { PlaybackCap, PlaybackMsg } from '../wire/messages.ts'
import { Reader, WireError } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { fromS16, Playback, playbackChannel, type PlaybackEnvironment } from './playback.ts'

const { START, STOP, MODE, DATA, VOLUME, MUTE, LATENCY } = PlaybackMsg
const r = (w: Writer): Reader => new Reader(w.finish())
const start = (channels = 2, rate = 48_000, format: number = AudioFmt.S16): Reader => r(new Writer().u32(channels).u16(format).u32(rate).u32(77))
const data = (...bytes: number[]): Reader => r(new Writer().u32(5).raw(Uint8Array.from(bytes)))

function setUp(more: Partial<PlaybackEnvironment> = {}) {
  const log: string[] = []
  const playback = new Playback({
    output: (channels, rate) => {
      log.push(`open ${channels} ${rate}`)
      return {
        push: (s) => log.push(`push ${[...s].map((v) => v.toFixed(2)).join(' ')}`),
        gains: (g) => log.push(`gains ${g.map((v) => v.toFixed(2)).join(' ')}`),
        latency: (ms) => log.push(`latency ${ms}`),
        close: () => log.push('close'),
      }
    },
    opus: (channels, rate, onSamples) => {
      log.push(`opus ${channels} ${rate}`)
      return { decode: (p) => { onSamples(Float32Array.from(p, (v) => v / 100)) }, close: () => log.push('opus close') }
    },
    onPlaying: (on) => log.push(on ? 'playing' : 'silent'),
    ...more,
  })
  return { playback, log }
}

describe('Playback', () => {
  test('raw sound from START to STOP', () => {
    const { playback, log } = setUp()
    playback.message(START, start())
    playback.message(DATA, data(0, 0x80, 0, 0x40))
    playback.message(STOP, r(new Writer()))
    playback.message(DATA, data(1, 2))
    playback.message(STOP, r(new Writer()))
    expect(log).toEqual(['open 2 48000', 'gains 1.00 1.00', 'playing', 'push -1.00 0.50', 'close', 'silent'])
  })

  test('Opus, one decoder for a stream', () => {
    const { playback, log } = setUp()
    playback.message(MODE, r(new Writer().u32(0).u16(AudioDataMode.OPUS)))
    playback.message(START, start())
    playback.message(DATA, data(50))
    playback.message(DATA, data(25))
    playback.message(START, start(1))
    playback.message(DATA, data(75))
    expect(log.filter((l) => !l.startsWith('gains'))).toEqual([
      'open 2 48000', 'playing', 'opus 2 48000', 'push 0.50', 'push 0.25', 'opus close', 'close', 'silent', 'open 1 48000', 'playing', 'opus 1 48000', 'push 0.75',
    ])
  })

  test('volume, mute and latency, also before the sound', () => {
    const { playback, log } = setUp()
    playback.message(VOLUME, r(new Writer().u8(2).u16(0xffff).u16(0x7fff)))
    playback.message(LATENCY, r(new Writer().u32(120)))
    playback.message(START, start())
    playback.message(MUTE, r(new Writer().u8(1)))
    playback.message(MUTE, r(new Writer().u8(0)))
    playback.message(LATENCY, r(new Writer().u32(50)))
    expect(log).toEqual(['open 2 48000', 'latency 120', 'gains 1.00 0.50', 'playing', 'gains 0.00 0.00', 'gains 1.00 0.50', 'latency 50'])
  })

  test('without a sound device nothing happens, and nothing is wrong', () => {
    const { playback, log } = setUp({ output: () => undefined })
    playback.message(START, start())
    playback.message(DATA, data(1, 2))
    playback.message(MUTE, r(new Writer().u8(1)))
    playback.message(LATENCY, r(new Writer().u32(1)))
    expect(log).toEqual([])
  })

  test.each([[start(0)], [start(9)], [start(2, 7000)], [start(2, 1e6)], [start(2, 48_000, 3)]])('a START out of reason is a lost message %#', (message) => {
    const { playback, log } = setUp()
    expect(() => { playback.message(START, message) }).toThrow(WireError)
    expect(log).toEqual([])
  })

  test('an unknown mode, an unknown message, a volume that is not there', () => {
    const { playback } = setUp()
    playback.message(START, start())
    playback.message(MODE, r(new Writer().u32(0).u16(AudioDataMode.CELT_0_5_1)))
    expect(() => { playback.message(DATA, data(1)) }).toThrow(WireError)
    expect(() => { playback.message(VOLUME, r(new Writer().u8(9).u16(1))) }).toThrow(WireError)
    expect(() => { playback.message(250, r(new Writer())) }).toThrow(WireError)
  })

  test('what the browser cannot decode is not offered', () => {
    const env = { output: () => undefined, opus: undefined }
    expect(playbackChannel(env).caps).toEqual([PlaybackCap.VOLUME, PlaybackCap.LATENCY])
    expect(playbackChannel({ ...env, opus: () => ({ decode: () => undefined, close: () => undefined }) }).caps).toContain(PlaybackCap.OPUS)
  })

  test('samples', () => {
    expect([...fromS16(Uint8Array.of(9, 0xff, 0x7f, 1, 0, 7).subarray(1))]).toEqual([32_767 / 32_768, 1 / 32_768])
  })
})
