// Why: the SPICE package sees exactly what it asked for, main gets one acknowledgement per piece, and nothing outlives a close.
import { describe, expect, test } from 'vitest'
import { MAX_PIECE } from '../../../shared/ipc/port-protocol.ts'
import { ByteSocket, MAX_MESSAGE, registerHost, type SocketHost } from './byte-socket.ts'

class FakePort {
  readonly sent: unknown[] = []
  closed = false
  onmessage: ((e: { data: unknown }) => void) | null = null
  postMessage(data: unknown): void { this.sent.push(data) }
  close(): void { this.closed = true }
  deliver(data: unknown): void { this.onmessage?.({ data }) }
}

const bytes = (...values: number[]): ArrayBuffer => new Uint8Array(values).buffer
const turn = (): Promise<void> => new Promise((resolve) => { setTimeout(resolve, 0) })

async function connect(open?: SocketHost['open']) {
  const port = new FakePort()
  const closed: string[] = []
  const url = `test-${String(Math.random())}`
  const unregister = registerHost(url, {
    open: open ?? (() => Promise.resolve(port as unknown as MessagePort)),
    closed: (_socket, reason) => { closed.push(reason) },
  })
  const socket = new ByteSocket(url)
  const events: string[] = []
  const received: number[][] = []
  for (const type of ['open', 'close', 'error']) {
    socket.addEventListener(type, function (this: unknown, e) {
      expect(this).toBe(socket)
      expect(e.target).toBe(socket)
      events.push(type)
    })
  }
  socket.addEventListener('message', (e) => { received.push([...new Uint8Array((e as MessageEvent<ArrayBuffer>).data)]) })
  await turn()
  return { socket, port, closed, events, received, unregister }
}

const reader = (needs: number[]) => ({ get needed() { return needs[0] ?? 0 } })

describe('ByteSocket', () => {
  test('has the shape of a WebSocket and opens after the package has set its fields', async () => {
    let seen: unknown
    const port = new FakePort()
    registerHost('shape', { open: (s) => { seen = s.parent; return Promise.resolve(port as unknown as MessagePort) }, closed: () => undefined })
    const socket = new ByteSocket('shape')
    expect(socket.readyState).toBe(ByteSocket.CONNECTING)
    expect(socket.binaryType).toBe('arraybuffer')
    expect(socket.url).toBe('shape')
    socket.parent = 'conn'
    await turn()
    expect(seen).toBe('conn')
    expect(socket.readyState).toBe(ByteSocket.OPEN)
  })

  test('refuses to exist without an open console', async () => {
    const { unregister, socket } = await connect()
    unregister()
    expect(() => new ByteSocket(socket.url)).toThrow()
  })

  test('gathers fragments and hands over exactly the bytes that are waited for', async () => {
    const { socket, port, received } = await connect()
    const needs = [3, 2]
    socket.wire_reader = reader(needs)
    socket.addEventListener('message', () => { needs.shift() })
    port.deliver(bytes(1, 2))
    expect(received).toEqual([])
    port.deliver(bytes(3, 4))
    expect(received).toEqual([[1, 2, 3]])
    port.deliver(bytes(5, 6, 7))
    expect(received).toEqual([[1, 2, 3], [4, 5]])
    expect(port.sent).toEqual([{ t: 'ack', n: 1 }, { t: 'ack', n: 1 }, { t: 'ack', n: 1 }])
    needs.push(2)
    port.deliver(bytes())
    port.deliver(bytes(8))
    expect(received.at(-1)).toEqual([6, 7])
  })

  test('a long message over many pieces arrives whole, each piece acknowledged at once', async () => {
    const { socket, port } = await connect()
    const length = 40 * 1000 + 7
    socket.wire_reader = { needed: length }
    let sum = -1
    socket.addEventListener('message', (e) => {
      sum = new Uint8Array((e as MessageEvent<ArrayBuffer>).data).reduce((a, b) => a + b, 0)
      socket.wire_reader = { needed: 0 }
    })
    let expected = 0
    for (let at = 0; at < length; at += 1000) {
      const piece = new Uint8Array(Math.min(1000, length - at)).map((_, i) => (at + i) % 251)
      expected += piece.reduce((a, b) => a + b, 0)
      port.deliver(piece.buffer)
    }
    expect(sum).toBe(expected)
    expect(port.sent).toHaveLength(41)
  })

  test('sends in pieces that the protocol allows, without touching the caller\'s buffer', async () => {
    const { socket, port } = await connect()
    const data = new Uint8Array(MAX_PIECE + 5).fill(9)
    socket.send(data)
    socket.send(bytes(1, 2))
    expect(port.sent.map((p) => (p as ArrayBuffer).byteLength)).toEqual([MAX_PIECE, 5, 2])
    expect(data.byteLength).toBe(MAX_PIECE + 5)
  })

  test('a close by main is one close event, with the reason for the host', async () => {
    const { socket, port, closed, events } = await connect()
    port.deliver({ t: 'closed', reason: 'lost' })
    port.deliver({ t: 'closed', reason: 'lost' })
    expect(events).toEqual(['open', 'close'])
    expect(closed).toEqual(['lost'])
    expect(socket.readyState).toBe(ByteSocket.CLOSED)
    expect(port.closed).toBe(true)
  })

  test('a close by the page tells main and fires nothing; later bytes go nowhere', async () => {
    const { socket, port, closed, events, received } = await connect()
    socket.wire_reader = reader([1])
    const late = port.onmessage
    socket.close()
    socket.close()
    late?.({ data: bytes(1) })
    socket.send(bytes(1))
    expect(port.sent).toEqual([{ t: 'close' }])
    expect(events).toEqual(['open'])
    expect(received).toEqual([])
    expect(closed).toEqual(['closed-by-page'])
  })

  test('closed before its port arrives: the port is closed too', async () => {
    const port = new FakePort()
    let give = (_: MessagePort): void => undefined
    const { socket, events } = await connect(() => new Promise((resolve) => { give = resolve }))
    socket.close()
    give(port as unknown as MessagePort)
    await turn()
    expect(port.closed).toBe(true)
    expect(port.sent).toEqual([{ t: 'close' }])
    expect(events).toEqual([])
  })

  test('a refused channel closes', async () => {
    const { closed, events } = await connect(() => Promise.reject(new Error('no')))
    expect(events).toEqual(['close'])
    expect(closed).toEqual(['refused'])
  })

  test('a message longer than any screen ends the channel before it is gathered', async () => {
    const { socket, port, closed } = await connect()
    socket.wire_reader = { needed: MAX_MESSAGE + 1 }
    port.deliver(bytes(1))
    expect(closed).toEqual(['broken'])
    expect(port.sent).toContainEqual({ t: 'close' })
  })

  test('an exception in the package ends the channel instead of stalling it', async () => {
    const { socket, port, closed } = await connect()
    socket.wire_reader = { needed: 1 }
    socket.addEventListener('message', () => { throw new Error('lost its place') })
    port.deliver(bytes(1))
    expect(closed).toEqual(['broken'])
  })
})
