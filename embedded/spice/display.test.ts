import { afterEach, describe, expect, test } from 'vitest'
import type { Canvas } from './canvas.ts'
import { ACK_WINDOW } from './connection.ts'
import { DesktopScreen } from './desktop-screen.ts'
import { cursorMsg, displayMsg, displayMsgc, msgc } from './protocol.ts'
import { rect } from './region.ts'
import { Screen } from './screen.ts'
import { SignInScreen } from './sign-in-screen.ts'
import { SpiceServer } from './server.ts'
import { link, openDisplay, openMain, Picture, settle, StillClock, type TestClient } from './testkit.ts'
import { Writer } from './wire.ts'

const servers: SpiceServer[] = []
afterEach(() => {
  for (const s of servers.splice(0)) s.reset()
})
function make(screen: Screen, clock = new StillClock()): SpiceServer {
  const server = new SpiceServer({ screen, ticket: () => ({ kind: 'none' }), clock })
  servers.push(server)
  return server
}

/** Applies messages until the picture is what the guest shows. */
async function catchUp(display: TestClient, picture: Picture, canvas: Canvas): Promise<void> {
  while (Buffer.compare(Buffer.from(picture.pixels.buffer), Buffer.from(canvas.pixels.buffer)) !== 0) picture.apply(await display.next())
}

class Noise extends Screen {
  seed = 1
  override readonly ticks = false
  again(): void {
    this.seed++
    this.changed()
  }
  override paint(canvas: Canvas): void {
    for (let i = 0; i < canvas.pixels.length; i++) canvas.pixels[i] = Math.imul(i + 1, 0x9e3779b1 + this.seed * 2) >>> 8
  }
}

describe('display', () => {
  test('the client sees exactly what the guest shows, at first and after each change', async () => {
    const clock = new StillClock()
    const screen = new SignInScreen({ host: 'vm-1' })
    const server = make(screen, clock)
    const { sessionId } = await openMain(server)
    const { display, picture } = await openDisplay(server, sessionId)
    expect([picture.width, picture.height]).toEqual([1024, 768])
    expect(picture.pixels).toEqual(server.canvas.pixels)
    const first = picture.pixels.slice()

    screen.show({ user: 'ada', dots: 8, message: { text: 'Signing in…', tone: 'busy' } })
    await settle()
    await catchUp(display, picture, server.canvas)
    expect(picture.pixels).not.toEqual(first)

    server.setScreen(new DesktopScreen({ user: 'Ada', host: 'vm-1' }))
    await settle()
    await catchUp(display, picture, server.canvas)

    const before = picture.pixels.slice()
    clock.advance(1000)
    await catchUp(display, picture, server.canvas)
    expect(picture.pixels).not.toEqual(before)
    expect([...picture.kinds].sort()).toContain('lz')
  })

  test('another size makes a new surface', async () => {
    const server = make(new SignInScreen({ host: 'a', width: 640, height: 480 }))
    const { sessionId } = await openMain(server)
    const { display, picture } = await openDisplay(server, sessionId, { channelCaps: 0b10 })
    server.setScreen(new DesktopScreen({ user: 'Ada', host: 'a', width: 800, height: 600 }))
    expect((await display.until(displayMsg.surfaceDestroy)).body.readUInt32LE(0)).toBe(0)
    picture.apply(await display.until(displayMsg.surfaceCreate))
    const heads = (await display.until(displayMsg.monitorsConfig)).body
    expect([heads.readUInt16LE(0), heads.readUInt32LE(12), heads.readUInt32LE(16)]).toEqual([1, 800, 600])
    await catchUp(display, picture, server.canvas)
    expect(picture.width).toBe(800)
  })

  test('flat areas go as fills, tiny pictures as bitmaps, the rest as LZ; all arrive exactly', async () => {
    class Mixed extends Screen {
      override readonly ticks = false
      colour = 0x336699
      recolour(): void {
        this.colour = 0x996633
        this.changed()
      }
      override paint(canvas: Canvas): void {
        canvas.fill(rect(0, 0, this.width, this.height), this.colour)
        for (let i = 0; i < Math.min(9, this.height) * this.width; i++) canvas.pixels[i] = Math.imul(i + 1, 0x9e3779b1) >>> 8
      }
    }
    for (const [width, height, kinds] of [[2048, 96, ['fill', 'lz']], [5, 3, ['bitmap']]] as const) {
      const screen = new Mixed({ width, height })
      const server = make(screen)
      const { sessionId } = await openMain(server)
      const { display, picture } = await openDisplay(server, sessionId)
      expect(picture.draws).toBe(1)
      expect(picture.pixels).toEqual(server.canvas.pixels)
      screen.recolour()
      await settle()
      await catchUp(display, picture, server.canvas)
      expect([...picture.kinds].sort()).toEqual(kinds)
    }
  })

  test('a client that never acknowledges gets two windows and no more, however much the guest paints', async () => {
    const screen = new Noise({ width: 1024, height: 1024 })
    const server = make(screen)
    const { sessionId } = await openMain(server)
    const { client } = await link(server, { channel: 'display', connectionId: sessionId })
    client.acks = false
    client.send(displayMsgc.init, new Writer().u8(1).u64(0n).u8(0).u32(0).finish())
    for (let i = 0; i < 30; i++) {
      screen.again()
      await settle(4)
    }
    const seen: number[] = []
    while (client.wire.buffered > 0) seen.push((await client.next()).type)
    expect(seen.filter((t) => t === displayMsg.drawCopy).length).toBeLessThanOrEqual(2 * ACK_WINDOW)
    expect(seen.length).toBeGreaterThan(ACK_WINDOW)
    // With its acknowledgement it gets the newest picture, not the ones in between.
    const generation = new Writer().u32(1).finish()
    client.send(msgc.ackSync, generation)
    client.acks = true
    client.send(msgc.ack)
    client.send(msgc.ack)
    const picture = new Picture()
    picture.width = picture.height = 1024
    picture.pixels = new Uint32Array(1024 * 1024)
    await settle()
    let draws = 0
    while (Buffer.compare(Buffer.from(picture.pixels.buffer), Buffer.from(server.canvas.pixels.buffer)) !== 0) {
      picture.apply(await client.next())
      draws++
    }
    expect(draws).toBeLessThanOrEqual(2 * ACK_WINDOW)
  })

  test('a client that does not read holds back the server, not its memory', async () => {
    const screen = new Noise({ width: 1024, height: 1024 })
    const server = make(screen)
    const { sessionId } = await openMain(server)
    const { client } = await link(server, { channel: 'display', connectionId: sessionId })
    client.send(displayMsgc.init, new Writer().u8(1).u64(0n).u8(0).u32(0).finish())
    client.wire.stream.pause()
    await settle()
    const before = client.wire.received
    for (let i = 0; i < 10; i++) {
      screen.again()
      await settle(2)
    }
    expect(client.wire.received).toBe(before)
    client.wire.stream.resume()
    await settle()
    // One picture of noise is 3.3 MB: the one under way and the newest. Ten were painted.
    expect(client.wire.received - before).toBeLessThan(7 * 1024 * 1024)
  })

  test('nothing is painted while nobody looks', async () => {
    const clock = new StillClock()
    const server = make(new SignInScreen({ host: 'vm', width: 200, height: 100 }), clock)
    clock.advance(5_000)
    await settle()
    expect(server.canvas.pixels.every((p) => p === 0)).toBe(true)
    expect(clock.pending).toBe(0)
  })
})

describe('cursor', () => {
  test('shows a square alpha arrow, hides it, and follows the pointer in server mode only', async () => {
    const server = make(new DesktopScreen({ user: 'Ada', host: 'vm', width: 400, height: 300 }))
    const { main, sessionId } = await openMain(server)
    const { client: cursor } = await link(server, { channel: 'cursor', connectionId: sessionId })
    const { client: inputs } = await link(server, { channel: 'inputs', connectionId: sessionId })
    const init = (await cursor.until(cursorMsg.init)).body
    expect([init.readUInt16LE(0), init.readUInt16LE(2), init[8], init.readUInt16LE(9)]).toEqual([200, 150, 1, 1])
    const set = (await cursor.until(cursorMsg.set)).body
    expect([set.readUInt16LE(5), set[15], set.readUInt16LE(16), set.readUInt16LE(18)]).toEqual([0, 0, 24, 24])
    expect(set.length).toBe(24 + 24 * 24 * 4)
    // Premultiplied: no colour is brighter than its alpha.
    for (let i = 24; i < set.length; i += 4) expect(set[i] ?? 0).toBeLessThanOrEqual(set[i + 3] ?? 0)

    inputs.send(111, new Writer().u32(-150).u32(10).u16(0).finish())
    const move = (await cursor.until(cursorMsg.move)).body
    expect([move.readInt16LE(0), move.readInt16LE(2)]).toEqual([50, 160])
    server.setCursor(undefined)
    await cursor.until(cursorMsg.hide)

    main.send(105, new Writer().u16(2).finish())
    await main.until(105)
    inputs.send(112, new Writer().u32(10).u32(20).u16(0).u8(0).finish())
    await settle()
    expect(cursor.wire.buffered).toBe(0)
  })
})
