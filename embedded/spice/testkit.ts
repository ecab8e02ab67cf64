// Why: a second, independent reading of the protocol, so that the server is tested against the wire and not against its
// own encoder: a minimal client that links, parses the few messages it expects and paints them. Test code only.
import { constants, createPublicKey, publicEncrypt } from 'node:crypto'
import { duplexPair, type Duplex } from 'node:stream'
import type { SpiceClock } from './clock.ts'
import { channelType, displayMsg, displayMsgc, imageType, LINK_HEADER_BYTES, MAGIC, msg, msgc, PUBKEY_BYTES, TICKET_BYTES, type ChannelKind } from './protocol.ts'
import type { SpiceServer } from './server.ts'
import { ByteQueue, Reader, Writer } from './wire.ts'

/** Time that stands still until told otherwise. */
export class StillClock implements SpiceClock {
  #now = 1_800_000_000_000
  #timers: { readonly at: number; readonly fn: () => void }[] = []
  wall(): number {
    return this.#now
  }
  after(ms: number, fn: () => void): () => void {
    const timer = { at: this.#now + ms, fn }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((t) => t !== timer)
    }
  }
  get pending(): number {
    return this.#timers.length
  }
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const next = this.#timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      this.#timers = this.#timers.filter((t) => t !== next)
      this.#now = next.at
      next.fn()
    }
    this.#now = end
  }
}

/** Lets stream callbacks and immediates run. */
export async function settle(turns = 12): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((r) => setImmediate(r))
}

/** Our end of a stream: reads exactly so many bytes, or learns that it has ended. */
export class Wire {
  readonly stream: Duplex
  readonly #queue = new ByteQueue()
  #ended = false
  #wake: (() => void) | undefined
  received = 0
  constructor(stream: Duplex) {
    this.stream = stream
    const stop = () => {
      this.#ended = true
      this.#wake?.()
    }
    stream.on('data', (chunk: Buffer) => {
      this.received += chunk.length
      this.#queue.push(chunk)
      this.#wake?.()
    })
    stream.on('end', stop)
    stream.on('close', stop)
    stream.on('error', stop)
  }
  get ended(): boolean {
    return this.#ended
  }
  get buffered(): number {
    return this.#queue.length
  }
  async read(n: number): Promise<Buffer> {
    for (;;) {
      const bytes = this.#queue.take(n)
      if (bytes) return bytes
      if (this.#ended) throw new Error(`the stream ended, ${n} bytes wanted`)
      await new Promise<void>((r) => {
        this.#wake = r
      })
      this.#wake = undefined
    }
  }
  /** Resolves when the server has ended or broken the stream. */
  async gone(): Promise<void> {
    while (!this.#ended) {
      await new Promise<void>((r) => {
        this.#wake = r
      })
    }
  }
}

export function connect(server: SpiceServer): Wire {
  const [ours, theirs] = duplexPair()
  server.accept(theirs)
  return new Wire(ours)
}

export interface LinkOptions {
  readonly channel?: ChannelKind | number
  readonly channelId?: number
  readonly connectionId?: number
  readonly password?: string
  readonly mini?: boolean
  readonly authSelection?: boolean
  readonly channelCaps?: number
  readonly magic?: number
  readonly major?: number
}

export function linkBytes(o: LinkOptions = {}): Buffer {
  const type = typeof o.channel === 'number' ? o.channel : channelType[o.channel ?? 'main']
  const common = (o.authSelection === false ? 0 : 1) | 2 | (o.mini === false ? 0 : 8)
  const mess = new Writer().u32(o.connectionId ?? 0).u8(type).u8(o.channelId ?? 0).u32(1).u32(1).u32(18).u32(common).u32(o.channelCaps ?? 0)
  const header = new Writer().u32(o.magic ?? MAGIC).u32(o.major ?? 2).u32(2).u32(mess.length)
  return Buffer.concat([header.finish(), mess.finish()])
}

export interface LinkReplyRead {
  readonly error: number
  readonly pubKey: Buffer
  readonly commonCaps: number
}

export async function readReply(wire: Wire): Promise<LinkReplyRead> {
  const header = new Reader(await wire.read(LINK_HEADER_BYTES))
  if (header.u32() !== MAGIC) throw new Error('no REDQ')
  header.u32()
  header.u32()
  const bytes = await wire.read(header.u32())
  const r = new Reader(bytes)
  const error = r.u32()
  const pubKey = r.bytes(PUBKEY_BYTES)
  const [commons, , offset] = [r.u32(), r.u32(), r.u32()]
  r.seek(offset)
  return { error, pubKey, commonCaps: commons > 0 ? r.u32() : 0 }
}

export function encryptTicket(spki: Buffer, password: string): Buffer {
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  return publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, Buffer.from(`${password}\0`, 'utf8'))
}

/** Goes through the whole link; the code is the ticket's result, 0 for OK. */
export async function link(server: SpiceServer, o: LinkOptions = {}): Promise<{ readonly code: number; readonly client: TestClient }> {
  const wire = connect(server)
  wire.stream.write(linkBytes(o))
  const reply = await readReply(wire)
  if (reply.error !== 0) return { code: reply.error, client: new TestClient(wire, true) }
  const ticket = encryptTicket(reply.pubKey, o.password ?? '')
  if (ticket.length !== TICKET_BYTES) throw new Error('ticket size')
  wire.stream.write(o.authSelection === false ? ticket : Buffer.concat([new Writer().u32(1).finish(), ticket]))
  const code = new Reader(await wire.read(4)).u32()
  return { code, client: new TestClient(wire, o.mini !== false) }
}

export interface Message {
  readonly type: number
  readonly body: Buffer
}

export class TestClient {
  readonly wire: Wire
  readonly #mini: boolean
  #serial = 0n
  /** Off: a client that never acknowledges. */
  acks = true
  #window = 0
  #untilAck = 0
  constructor(wire: Wire, mini: boolean) {
    this.wire = wire
    this.#mini = mini
  }
  send(type: number, body: Uint8Array = new Uint8Array(0)): void {
    const w = new Writer()
    if (this.#mini) w.u16(type).u32(body.length)
    else w.u64(++this.#serial).u16(type).u32(body.length).u32(0)
    this.wire.stream.write(w.raw(body).finish())
  }
  /** The next message; acknowledges and answers pings as a client must. */
  async next(): Promise<Message> {
    const head = new Reader(await this.wire.read(this.#mini ? 6 : 18))
    if (!this.#mini) head.u64()
    const type = head.u16()
    const body = await this.wire.read(head.u32())
    if (this.acks) this.#acknowledge(type, body)
    if (type === msg.ping) this.send(msgc.pong, body.subarray(0, 12))
    return { type, body }
  }
  #acknowledge(type: number, body: Buffer): void {
    if (type === msg.setAck) {
      this.#window = body.readUInt32LE(4)
      this.#untilAck = this.#window
      this.send(msgc.ackSync, body.subarray(0, 4))
    } else if (this.#window > 0 && --this.#untilAck <= 0) {
      this.#untilAck = this.#window
      this.send(msgc.ack)
    }
  }
  async until(type: number): Promise<Message> {
    for (;;) {
      const m = await this.next()
      if (m.type === type) return m
    }
  }
}

/** Links main and gives its session id with it. */
export async function openMain(server: SpiceServer, password = ''): Promise<{ readonly main: TestClient; readonly sessionId: number; readonly init: Buffer }> {
  const { code, client } = await link(server, { password })
  if (code !== 0) throw new Error(`link code ${code}`)
  const init = (await client.until(103)).body
  return { main: client, sessionId: init.readUInt32LE(0), init }
}

/** The picture as a client would have it. */
export class Picture {
  width = 0
  height = 0
  pixels = new Uint32Array(0)
  draws = 0
  readonly kinds = new Set<string>()

  apply({ type, body }: Message): void {
    const r = new Reader(body)
    if (type === displayMsg.surfaceCreate) {
      r.u32()
      this.width = r.u32()
      this.height = r.u32()
      this.pixels = new Uint32Array(this.width * this.height)
    } else if (type === displayMsg.drawFill || type === displayMsg.drawCopy) {
      r.u32()
      const [top, left, bottom, right] = [r.u32(), r.u32(), r.u32(), r.u32()]
      if (r.u8() !== 0) throw new Error('clipped')
      const source = type === displayMsg.drawFill ? this.#solid(r, (right - left) * (bottom - top)) : this.#image(r, right - left, bottom - top)
      if (right > this.width || bottom > this.height) throw new Error('outside the surface')
      for (let y = top; y < bottom; y++) this.pixels.set(source.subarray((y - top) * (right - left), (y - top + 1) * (right - left)), y * this.width + left)
      this.draws++
    }
  }

  #solid(r: Reader, pixels: number): Uint32Array {
    this.kinds.add('fill')
    if (r.u8() !== 1) throw new Error('brush')
    return new Uint32Array(pixels).fill(r.u32())
  }

  #image(r: Reader, width: number, height: number): Uint32Array {
    const offset = r.u32()
    if (r.u32() !== 0 || r.u32() !== 0 || r.u32() !== height || r.u32() !== width || r.u16() !== 8) throw new Error('not a plain copy')
    r.seek(offset)
    r.u64()
    const type = r.u8()
    r.u8()
    if (r.u32() !== width || r.u32() !== height) throw new Error('image size')
    if (type === imageType.bitmap) {
      this.kinds.add('bitmap')
      r.bytes(2 + 4 * 4)
      const bytes = Buffer.from(r.bytes(width * height * 4))
      return Uint32Array.from({ length: width * height }, (_, i) => bytes.readUInt32LE(i * 4) & 0xffffff)
    }
    if (type !== imageType.lzRgb) throw new Error(`image type ${type}`)
    this.kinds.add('lz')
    const data = r.bytes(r.u32())
    if (data.subarray(0, 4).toString('latin1') !== '  ZL' || data.readUInt32BE(12) !== width || data.readUInt32BE(16) !== height) throw new Error('LZ header')
    return decodeLz(data.subarray(28), width * height)
  }
}

/** LZ_RGB commands to pixels, written from the format's description. */
export function decodeLz(data: Buffer, pixels: number): Uint32Array {
  const out = new Uint32Array(pixels)
  let at = 0
  let op = 0
  const byte = () => {
    const b = data[at++]
    if (b === undefined) throw new Error('LZ data too short')
    return b
  }
  while (op < pixels) {
    const ctrl = byte()
    if (ctrl < 32) {
      for (let i = 0; i <= ctrl; i++) out[op++] = byte() | (byte() << 8) | (byte() << 16)
      continue
    }
    let length = ctrl >> 5
    if (length === 7) {
      let more
      do length += more = byte()
      while (more === 255)
    }
    let back = ((ctrl & 31) << 8) + byte()
    if (back === 8191) back = (byte() << 8) + byte() + 8191
    back += 1
    for (let i = 0; i < length; i++, op++) out[op] = out[op - back] ?? 0
  }
  if (op !== pixels || at !== data.length) throw new Error('LZ length')
  return out
}

/** Opens a display channel and paints until the surface is marked. */
export async function openDisplay(server: SpiceServer, sessionId: number, o: LinkOptions = {}): Promise<{ readonly display: TestClient; readonly picture: Picture }> {
  const { code, client } = await link(server, { ...o, channel: 'display', connectionId: sessionId })
  if (code !== 0) throw new Error(`link code ${code}`)
  client.send(displayMsgc.init, new Writer().u8(1).u64(0n).u8(0).u32(0).finish())
  const picture = new Picture()
  for (;;) {
    const m = await client.next()
    picture.apply(m)
    if (m.type === displayMsg.mark) return { display: client, picture }
  }
}
