// Why: a device without sound, or one that refuses, must cost the sound and nothing else.
import { afterEach, expect, test, vi } from 'vitest'
import { AudioDataMode, AudioFmt } from '../wire/enums.ts'
import { PlaybackMsg } from '../wire/messages.ts'
import { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { Playback } from './playback.ts'
import { decodesOpus, webAudioOutput } from './web-audio.ts'

const silences: string[] = []
afterEach(() => {
  vi.unstubAllGlobals()
  silences.length = 0
})

class Worklet {
  readonly port = { posted: [] as unknown[], onmessage: null, postMessage(m: unknown): void { this.posted.push(m) } }
  connected = false
  connect(): void {
    this.connected = true
  }
  disconnect(): void {
    this.connected = false
  }
}

function stubContext(over: Partial<{ state: string; addModule: () => Promise<void> }> = {}): { resumed: number; closed: number; nodes: Worklet[] } {
  const seen = { resumed: 0, closed: 0, nodes: [] as Worklet[] }
  vi.stubGlobal('AudioContext', class {
    state = over.state ?? 'running'
    destination = {}
    audioWorklet = { addModule: over.addModule ?? (() => Promise.resolve()) }
    resume(): Promise<void> {
      seen.resumed++
      return Promise.reject(new Error('not yet'))
    }
    close(): Promise<void> {
      seen.closed++
      return Promise.reject(new Error('closed already'))
    }
  })
  vi.stubGlobal('AudioWorkletNode', class extends Worklet {
    constructor() {
      super()
      seen.nodes.push(this)
    }
  })
  return seen
}
const turns = async (): Promise<void> => { for (let i = 0; i < 10; i++) await Promise.resolve() }
const open = (): ReturnType<typeof webAudioOutput> => webAudioOutput(2, 48_000, 'worklet.js', () => undefined, (why) => silences.push(why))

test('no sound device: nothing plays, the channel goes on', () => {
  expect(open()).toBeUndefined()
  vi.stubGlobal('AudioContext', class { constructor() { throw new DOMException('no device', 'NotSupportedError') } })
  const playback = new Playback({ output: () => open(), opus: undefined })
  const say = (type: number, w: Writer): void => { playback.message(type, new Reader(w.finish())) }
  say(PlaybackMsg.MODE, new Writer().u32(0).u16(AudioDataMode.RAW))
  say(PlaybackMsg.START, new Writer().u32(2).u16(AudioFmt.S16).u32(48_000).u32(0))
  say(PlaybackMsg.DATA, new Writer().u32(0).u32(0))
  say(PlaybackMsg.VOLUME, new Writer().u8(1).u16(7))
  say(PlaybackMsg.STOP, new Writer())
  expect(playback.playing).toBe(false)
  expect(silences).toEqual(['NotSupportedError: no device'])
})

test('what comes before the worklet is there waits for it', async () => {
  const seen = stubContext()
  const output = open()
  output?.gains([1, 0.5])
  output?.push(new Float32Array(4))
  await turns()
  output?.push(new Float32Array(2))
  expect(seen.nodes[0]?.port.posted).toEqual([{ gains: [1, 0.5] }, { samples: new Float32Array(4) }, { samples: new Float32Array(2) }])
  output?.close()
  output?.push(new Float32Array(2))
  expect([seen.nodes[0]?.port.posted.at(-1), seen.nodes[0]?.connected, seen.closed]).toEqual([{ end: true }, false, 1])
})

test('a worklet that cannot be loaded is silence, and that is told', async () => {
  const seen = stubContext({ addModule: () => Promise.reject(new Error('no')) })
  const output = open()
  output?.push(new Float32Array(2))
  await turns()
  output?.push(new Float32Array(2))
  output?.close()
  expect([seen.nodes.length, seen.closed]).toEqual([0, 1])
  expect(silences).toEqual(['Error: no'])
  const short = open()
  short?.close()
  await turns()
  expect(silences, 'a sound that is over before its worklet is there').toHaveLength(1)
})

test('a page that may not sound yet keeps nothing of it for later, and asks now and then', async () => {
  const seen = stubContext({ state: 'suspended' })
  const output = open()
  await turns()
  for (let i = 0; i < 150; i++) output?.push(new Float32Array(2))
  output?.gains([0, 0])
  expect([seen.nodes[0]?.port.posted, seen.resumed]).toEqual([[{ gains: [0, 0] }], 2])
})

test('a browser without an audio decoder decodes no Opus', async () => {
  expect(await decodesOpus()).toBe(false)
  vi.stubGlobal('AudioDecoder', { isConfigSupported: () => Promise.reject(new TypeError('what')) })
  expect(await decodesOpus()).toBe(false)
})
