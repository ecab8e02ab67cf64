import { describe, expect, test } from 'vitest'
import { MAX_PIECE, type PortControlFromPage } from '../../../shared/ipc/port-protocol.ts'
import { portChannel, type BytePort } from './port-channel.ts'
import { turns } from './testkit.ts'

class Port implements BytePort {
  onmessage: ((event: MessageEvent<unknown>) => void) | null = null
  readonly posted: (ArrayBuffer | PortControlFromPage)[] = []
  closed = 0
  postMessage(message: ArrayBuffer | PortControlFromPage): void {
    if (this.closed > 0) throw new Error('posted after close')
    this.posted.push(message)
  }
  close(): void {
    this.closed++
  }
  say(data: unknown): void {
    this.onmessage?.(new MessageEvent('message', { data }))
  }
  get acks(): number {
    return this.posted.filter((m) => 't' in m && m.t === 'ack').length
  }
}
const bytes = (...b: number[]): ArrayBuffer => Uint8Array.from(b).buffer

describe('portChannel', () => {
  test('gives credit back when a piece is consumed', async () => {
    const port = new Port()
    const channel = portChannel(port)
    const got: number[][] = []
    let finish = (): void => undefined
    port.say(bytes(1, 2))
    expect(port.acks).toBe(0)
    channel.onBytes((b) => {
      got.push([...b])
      return b[0] === 9 ? new Promise<void>((r) => { finish = r }) : undefined
    })
    expect(port.acks).toBe(1)
    port.say(Uint8Array.of(0, 9, 8).subarray(1))
    expect(port.acks).toBe(1)
    finish()
    await turns()
    expect(port.acks).toBe(2)
    expect(got).toEqual([[1, 2], [9, 8]])
  })

  test('sends copies in pieces that the shell takes', () => {
    const port = new Port()
    const big = new Uint8Array(MAX_PIECE + 5).fill(7)
    portChannel(port).send(big.subarray(1))
    expect(port.posted.map((m) => (m instanceof ArrayBuffer ? m.byteLength : -1))).toEqual([MAX_PIECE, 4])
    expect(port.posted[0]).not.toBe(big.buffer)
  })

  test.each([[{ t: 'closed', reason: 'ticket-refused' }, 'ticket-refused'], [{ t: 'closed' }, 'lost']])('%o ends it', (message, reason) => {
    const port = new Port()
    const channel = portChannel(port)
    const reasons: (string | undefined)[] = []
    channel.onClosed((r) => { reasons.push(r) })
    port.say({ t: 'other' })
    port.say('text')
    port.say(message)
    expect(reasons).toEqual([reason])
    channel.send(Uint8Array.of(1))
    channel.close()
    expect(port.closed).toBe(1)
    expect(port.onmessage).toBeNull()
  })

  test('an end before anybody listens is told', () => {
    const port = new Port()
    const channel = portChannel(port)
    port.say({ t: 'closed', reason: 'ended' })
    const reasons: (string | undefined)[] = []
    channel.onClosed((r) => { reasons.push(r) })
    expect(reasons).toEqual(['ended'])
  })

  test('close() tells the shell, and a piece that is consumed later is not acknowledged into the void', async () => {
    const port = new Port()
    const channel = portChannel(port)
    let finish = (): void => undefined
    let ended = 0
    channel.onClosed(() => { ended++ })
    channel.onBytes(() => new Promise<void>((r) => { finish = r }))
    port.say(bytes(1))
    channel.close()
    channel.close()
    finish()
    await turns()
    expect(port.posted).toEqual([{ t: 'close' }])
    expect(port.closed).toBe(1)
    expect(ended).toBe(0)
  })
})
