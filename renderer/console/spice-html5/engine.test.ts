// @vitest-environment happy-dom
// Why: the engine's edges without a server: what it opens, what it reports when that fails, what it leaves behind.
// The whole path, with pictures, is tested against a SPICE server in the end-to-end tests.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { LinkId } from '../../../shared/view/ui-command.ts'
import type { ConsoleEvent } from '../port.ts'
import { ByteSocket } from './byte-socket.ts'
import { SpiceHtml5Engine } from './engine.ts'
import { NoMediaSource } from './no-media-source.ts'
import { watchFirstPaint } from './first-frame.ts'

class FakePort {
  readonly sent: unknown[] = []
  closed = false
  onmessage: ((e: { data: unknown }) => void) | null = null
  postMessage(data: unknown): void { this.sent.push(data) }
  close(): void { this.closed = true }
}
const turn = (): Promise<void> => new Promise((resolve) => { setTimeout(resolve, 0) })
const link = LinkId.parse('link-0001')

let engine: SpiceHtml5Engine
let container: HTMLElement
let events: ConsoleEvent[]
let opened: number[]
let port: FakePort

beforeEach(() => {
  // What the bundler does to the package.
  vi.stubGlobal('WebSocket', ByteSocket)
  vi.stubGlobal('MediaSource', NoMediaSource)
  vi.stubGlobal('ResizeObserver', class { observe(): void { return } disconnect(): void { return } })
  vi.spyOn(console, 'log').mockImplementation(() => undefined)
  container = document.createElement('div')
  document.body.append(container)
  engine = new SpiceHtml5Engine()
  events = []
  opened = []
  port = new FakePort()
})
afterEach(() => {
  engine.stop()
  document.body.replaceChildren()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})
const start = (open: () => Promise<MessagePort> = () => Promise.resolve(port as unknown as MessagePort)): void => {
  engine.start(container, {
    link,
    openChannel: (channel) => { opened.push(channel); return open() },
    onEvent: (event) => { events.push(event) },
    onMenuKey: () => undefined,
  })
}

describe('SpiceHtml5Engine', () => {
  test('opens the main channel and says hello in SPICE, without any ticket', async () => {
    start()
    await turn()
    expect(opened).toEqual([1])
    const hello = new Uint8Array(port.sent[0] as ArrayBuffer)
    expect(new TextDecoder().decode(hello.subarray(0, 4))).toBe('REDQ')
    expect(hello[16 + 4]).toBe(1)
    expect(events).toEqual([])
  })

  test('a refused channel is reported as failed, once', async () => {
    start(() => Promise.reject(new Error('refused')))
    await turn()
    expect(events).toEqual(['failed'])
  })

  test.each(['ended', 'lost'])('main closing the channel (%s) before the link stands is a failure', async (reason) => {
    start()
    await turn()
    port.onmessage?.({ data: { t: 'closed', reason } })
    expect(events).toEqual(['failed'])
  })

  test('a server that does not speak SPICE is a failure', async () => {
    start()
    await turn()
    port.onmessage?.({ data: new TextEncoder().encode('SSH-2.0-OpenSSH_9.2p1 Debian-2').buffer })
    expect(events).toEqual(['failed'])
  })

  test('stop closes the port, takes back the keyboard and reports nothing', async () => {
    start()
    await turn()
    const late = port.onmessage
    engine.stop()
    late?.({ data: { t: 'closed', reason: 'lost' } })
    expect(port.closed).toBe(true)
    expect(port.sent.at(-1)).toEqual({ t: 'close' })
    expect(container.id).toBe('')
    expect(events).toEqual([])
    expect(container.dispatchEvent(new KeyboardEvent('keydown', { code: 'KeyA', bubbles: true, cancelable: true }))).toBe(true)
  })

  test('before the first picture keys are not taken: Escape belongs to the waiting screen', async () => {
    start()
    await turn()
    expect(container.dispatchEvent(new KeyboardEvent('keydown', { code: 'Escape', bubbles: true, cancelable: true }))).toBe(true)
  })
})

describe('watchFirstPaint', () => {
  const context = (): CanvasRenderingContext2D => Object.create({
    drawn: 0,
    putImageData() { return undefined }, drawImage() { return undefined }, fillRect() { return undefined },
  }) as CanvasRenderingContext2D

  test('reports once, after a frame, and leaves the context as it was', async () => {
    const c = context()
    let painted = 0
    watchFirstPaint(c, () => { painted++ })
    await turn()
    expect(painted).toBe(0)
    c.fillRect(0, 0, 1, 1)
    expect(painted).toBe(0)
    expect(Object.keys(c)).toEqual([])
    c.fillRect(0, 0, 1, 1)
    await vi.waitFor(() => { expect(painted).toBe(1) })
  })

  test('nothing drawn, nothing reported', async () => {
    const c = context()
    let painted = 0
    watchFirstPaint(c, () => { painted++ })()
    c.fillRect(0, 0, 1, 1)
    await new Promise((resolve) => { requestAnimationFrame(() => { setTimeout(resolve, 5) }) })
    expect(painted).toBe(0)
  })
})
