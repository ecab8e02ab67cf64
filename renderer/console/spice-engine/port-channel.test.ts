import { describe, expect, test } from 'vitest'
import { CREDIT_WINDOW, MAX_PIECE } from '../../../shared/ipc/port-protocol.ts'
import { turns } from '../../spice/session/testkit.ts'
import { portChannel, type PortLike } from './port-channel.ts'

class FakePort implements PortLike {
  readonly sent: unknown[] = []
  closed = 0
  onmessage: ((event: MessageEvent<unknown>) => void) | null = null
  postMessage(message: unknown): void {
    this.sent.push(message)
  }
  close(): void {
    this.closed++
  }
  say(data: unknown): void {
    this.onmessage?.({ data } as MessageEvent<unknown>)
  }
}
const ACK = { t: 'ack', n: 1 }
const CLOSE = { t: 'close' }

describe('portChannel', () => {
  test('cuts what is sent into pieces, and copies it', () => {
    const port = new FakePort()
    const bytes = new Uint8Array(MAX_PIECE + 2).fill(7)
    portChannel(port).send(bytes)
    bytes.fill(0)
    expect(port.sent.map((b) => (b as ArrayBuffer).byteLength)).toEqual([MAX_PIECE, 2])
    expect(new Uint8Array(port.sent[1] as ArrayBuffer)).toEqual(Uint8Array.of(7, 7))
  })

  test('acknowledges a piece once it is consumed', async () => {
    const port = new FakePort()
    const channel = portChannel(port)
    const gate = Promise.withResolvers<void>()
    const got: number[] = []
    channel.onBytes((b) => {
      got.push(b[0] ?? -1)
      return b[0] === 2 ? gate.promise : undefined
    })
    port.say(Uint8Array.of(1).buffer)
    port.say(Uint8Array.of(2))
    expect([got, port.sent]).toEqual([[1, 2], [ACK]])
    gate.resolve()
    await turns()
    expect(port.sent).toEqual([ACK, ACK])
  })

  test('keeps what comes before anybody listens, without credit for it', () => {
    const port = new FakePort()
    const channel = portChannel(port)
    for (let i = 0; i < CREDIT_WINDOW; i++) port.say(Uint8Array.of(i).buffer)
    expect(port.sent).toEqual([])
    const got: number[] = []
    channel.onBytes((b) => void got.push(b[0] ?? -1))
    expect(got).toEqual(Array.from({ length: CREDIT_WINDOW }, (_, i) => i))
    expect(port.sent).toHaveLength(CREDIT_WINDOW)
  })

  test('tells the end once, with its reason, also to who listens later', async () => {
    for (const early of [true, false]) {
      const port = new FakePort()
      const channel = portChannel(port)
      const told: unknown[] = []
      if (early) channel.onClosed((reason) => told.push(reason))
      port.say({ t: 'closed', reason: 'shutdown' })
      port.say({ t: 'closed', reason: 'lost' })
      if (!early) channel.onClosed((reason) => told.push(reason))
      await turns()
      expect([told, port.closed]).toEqual([['shutdown'], 1])
      channel.send(Uint8Array.of(1))
      expect(port.sent).toEqual([CLOSE])
    }
  })

  test('closes once, silently, and answers nothing after it', async () => {
    const port = new FakePort()
    const channel = portChannel(port)
    const told: unknown[] = []
    const gate = Promise.withResolvers<void>()
    channel.onBytes(() => gate.promise)
    channel.onClosed((reason) => told.push(reason))
    port.say(Uint8Array.of(1).buffer)
    channel.close()
    channel.close()
    gate.resolve()
    await turns()
    expect([port.sent, port.closed, port.onmessage, told]).toEqual([[CLOSE], 1, null, []])
  })
})
