// Why: the display channel. It never queues pixels: it keeps the region that is out of date and draws it from the live
// canvas whenever the client's acknowledge window and stream allow, so that a slow client gets fewer, newer pictures.
import type { Channel, Connection } from './connection.ts'
import { draw, monitorsConfig, surfaceCreate, surfaceDestroy, type DisplayMessage } from './draws.ts'
import type { Framebuffer, Viewer } from './framebuffer.ts'
import { hasCap } from './link.ts'
import { displayCap, displayMsg, displayMsgc } from './protocol.ts'
import { Region, type Rect } from './region.ts'
import { WireError, type Reader } from './wire.ts'

/** One image: 64 rows of a 1024 pixel wide screen. */
const MAX_PIXELS_PER_DRAW = 64 * 1024
/** The first picture of a new surface goes as one image, as QEMU sends it: a client's first frame is then a whole one. */
const MAX_PIXELS_FIRST_DRAW = 2 * 1024 * 1024

export class DisplayChannel implements Channel, Viewer {
  /** Several of the largest first pictures; mayDraw keeps it to one in practice. */
  readonly backlogLimit = 32 * 1024 * 1024
  readonly #connection: Connection
  readonly #framebuffer: Framebuffer
  readonly #dirty = new Region()
  #joined = false
  #marked = false
  #imageId = 0n

  constructor(connection: Connection, framebuffer: Framebuffer) {
    this.#connection = connection
    this.#framebuffer = framebuffer
  }

  /** Rectangles waiting to be drawn, for tests of the bound. */
  get waiting(): number {
    return this.#dirty.count
  }

  start(): void {
    this.#connection.startAck()
  }

  message(type: number, body: Reader): void {
    switch (type) {
      case displayMsgc.init:
        // Pixmap cache id and size, dictionary id and window: neither cache is used, but the message must be whole.
        body.bytes(14)
        if (!this.#joined) this.#begin()
        return
      case displayMsgc.streamReport:
      case displayMsgc.preferredCompression:
      case displayMsgc.preferredVideoCodec:
      case displayMsgc.glDrawDone:
        return
      default:
        throw new WireError(`display message ${type}`)
    }
  }

  #begin(): void {
    this.#joined = true
    const whole = this.#framebuffer.join(this)
    this.#create(whole)
    this.proceed()
  }

  #create(whole: Rect): void {
    this.#marked = false
    this.#send(surfaceCreate(whole.right, whole.bottom))
    if (hasCap(this.#connection.request?.channelCaps ?? 0, displayCap.monitorsConfig)) this.#send(monitorsConfig(whole.right, whole.bottom))
    this.#dirty.clear()
    this.#dirty.add(whole)
  }

  damaged(rects: readonly Rect[]): void {
    for (const r of rects) this.#dirty.add(r)
    this.proceed()
  }

  resized(): void {
    const { width, height } = this.#framebuffer.canvas
    this.#send(surfaceDestroy())
    this.#create({ left: 0, top: 0, right: width, bottom: height })
    this.proceed()
  }

  proceed(): void {
    if (!this.#joined) return
    while (this.#connection.mayDraw) {
      const area = this.#dirty.take(this.#marked ? MAX_PIXELS_PER_DRAW : MAX_PIXELS_FIRST_DRAW)
      if (!area) break
      this.#send(draw(area, this.#framebuffer.canvas.read(area), ++this.#imageId))
    }
    if (this.#dirty.empty && !this.#marked) {
      this.#marked = true
      this.#connection.send(displayMsg.mark)
    }
  }

  closed(): void {
    this.#framebuffer.leave(this)
    this.#dirty.clear()
  }

  #send(m: DisplayMessage): void {
    this.#connection.send(m.type, m.body)
  }
}
