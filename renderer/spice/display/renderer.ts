// Why: one display channel as a machine: messages in, pixels on surfaces. Pure arithmetic on memory, so the same code runs
// in a worker, in a page and in a test. Order is the order of the messages: where an image takes its time (a browser's
// JPEG decoder, another channel's picture), message() is a promise, and the channel holds the next message back for it.
import type { Surface } from '../canvas/surface.ts'
import { ImageDecoder, type ImageEnvironment, type SharedImages } from '../image/decoder.ts'
import type { ImageRef } from '../image/types.ts'
import type { Picture, Rect } from '../pixels.ts'
import { SurfaceFmt } from '../wire/enums.ts'
import { DisplayMsg } from '../wire/messages.ts'
import { WireError, type Reader } from '../wire/reader.ts'
import type { DrawCommand } from './commands.ts'
import { Counter, type DisplayCounts } from './counts.ts'
import { needsOf, paint, type Decoded, type Need } from './paint.ts'
import { parseDraw } from './parse-draws.ts'
import { parseMode, parseMonitors, parseReportRequest, parseStreamClip, parseStreamCreate, parseStreamData, parseSurfaceCreate, type MonitorHead } from './parse.ts'
import type { Streams } from './streams.ts'
import { Surfaces } from './surfaces.ts'

export type Decoders = Partial<Pick<ImageEnvironment, 'quic' | 'lz' | 'lz4' | 'raw'>>

export interface DisplayEvents {
  /** The shown surface was made, replaced, or (undefined) taken away. */
  primary?(surface: Surface | undefined): void
  /** MARK: what was drawn until now is worth showing. */
  mark?(): void
  monitors?(heads: readonly MonitorHead[], maxAllowed: number): void
  /** Something was drawn on the shown surface; its `dirty` says where. Called per message: be quick. */
  changed?(): void
}

export interface DisplayEnvironment {
  /** Of the session: its display channels have the picture cache and the GLZ window in common. */
  readonly shared: SharedImages
  readonly jpeg: ImageEnvironment['jpeg']
  /** Compiled decoders, for the TypeScript ones. */
  readonly decoders?: Decoders
  /** Monotonic ms, for decodeMs. */
  readonly now: () => number
  /** Made with the model, since frames are drawn on its surfaces. Without it, streams are lost messages. */
  readonly streams?: (model: DisplayModel) => Streams
  /** Waits that INVAL_ALL_PIXMAPS begins with; the reader stands at them. */
  readonly waits?: (r: Reader) => Promise<void> | undefined
  readonly events?: DisplayEvents
}

export class DisplayModel {
  readonly surfaces: Surfaces
  readonly counter = new Counter()
  readonly #env: DisplayEnvironment
  readonly #images: ImageDecoder
  readonly #streams: Streams | undefined
  #heads: readonly MonitorHead[] = []
  #marked = false

  constructor(env: DisplayEnvironment) {
    this.#env = env
    this.surfaces = new Surfaces(env.shared.surfaces)
    this.#images = new ImageDecoder({
      shared: env.shared,
      jpeg: env.jpeg,
      surface: (id) => this.surfaces.find(id),
      ...env.decoders,
    })
    this.#streams = env.streams?.(this)
  }

  get counts(): DisplayCounts {
    return this.counter.get()
  }
  get heads(): readonly MonitorHead[] {
    return this.#heads
  }
  /** What it holds apart from surfaces and what its session shares. */
  get kept(): { readonly palettes: number; readonly streams: number; readonly waitingFrameBytes: number } {
    return { palettes: this.#images.palettes.size, streams: this.#streams?.size ?? 0, waitingFrameBytes: this.#streams?.waitingBytes ?? 0 }
  }
  /** The server has said that the picture is worth showing. */
  get marked(): boolean {
    return this.#marked
  }

  /** The channel is gone. */
  close(): void {
    this.#streams?.close()
    this.#images.close()
    this.surfaces.clear()
  }

  /**
   * One message, whole; what it throws or rejects with costs this message only. Not before the promise of the last one
   * is settled.
   */
  message(type: number, r: Reader): void | Promise<void> {
    this.counter.messages++
    const draw = parseDraw(type, r)
    return draw === undefined ? this.#other(type, r) : this.#draw(draw)
  }

  /** A stream's frame: drawn whenever it is due. */
  touched(surface: Surface): void {
    if (surface === this.surfaces.primary) this.#env.events?.changed?.()
  }

  #draw(command: DrawCommand): void | Promise<void> {
    const decoded = this.#decodeAll(needsOf(command), [], this.surfaces.find(command.surface))
    if (decoded instanceof Promise) return decoded.then((d) => { this.#paint(command, d) })
    this.#paint(command, decoded)
  }

  #paint(command: DrawCommand, decoded: readonly Decoded[]): void {
    const surface = this.surfaces.get(command.surface)
    this.counter.draws++
    this.counter.pixels += areaInside(command.draw.box, surface)
    paint(surface, command, decoded)
    for (const d of decoded) if ('stride' in d) this.#images.release(d)
    this.touched(surface)
  }

  /** Images in their order, with no promise unless one of them is one. All are decoded: the caches count on it. */
  #decodeAll(needs: readonly Need[], done: Decoded[], target: Surface | undefined): readonly Decoded[] | Promise<readonly Decoded[]> {
    for (let i = done.length; i < needs.length; i++) {
      const need = needs[i]!
      this.counter.image(need.ref.type)
      const start = this.#env.now()
      const decoded = need.mask ? this.#images.decodeMask(need.ref, need.invert) : this.#picture(need.ref, target)
      if (decoded instanceof Promise) {
        return decoded.then((d) => {
          this.counter.decodeMs += this.#env.now() - start
          done.push(d)
          return this.#decodeAll(needs, done, target)
        })
      }
      this.counter.decodeMs += this.#env.now() - start
      done.push(decoded)
    }
    return done
  }

  #picture(ref: ImageRef, target: Surface | undefined): Picture | Promise<Picture> {
    return this.#images.decode(ref, target?.format === SurfaceFmt['16_555'])
  }

  #other(type: number, r: Reader): void | Promise<void> {
    switch (type) {
      case DisplayMsg.SURFACE_CREATE: {
        const create = parseSurfaceCreate(r)
        this.#streams?.surfaceGone(create.id)
        const was = this.surfaces.primaryId
        if (this.surfaces.create(create) || was === create.id) this.#primary()
        return
      }
      case DisplayMsg.SURFACE_DESTROY: {
        const id = r.u32()
        this.#streams?.surfaceGone(id)
        if (this.surfaces.destroy(id)) this.#primary()
        return
      }
      case DisplayMsg.MODE:
        this.surfaces.create({ id: 0, flags: 1, ...parseMode(r) })
        return this.#primary()
      case DisplayMsg.MARK:
        this.#marked = true
        return this.#env.events?.mark?.()
      case DisplayMsg.RESET:
        return this.#reset()
      case DisplayMsg.MONITORS_CONFIG: {
        const { heads, maxAllowed } = parseMonitors(r)
        this.#heads = heads
        return this.#env.events?.monitors?.(heads, maxAllowed)
      }
      case DisplayMsg.INVAL_LIST:
        return this.#images.invalidateList(r)
      case DisplayMsg.INVAL_ALL_PIXMAPS:
        return this.#after(this.#env.waits?.(r), () => { this.#images.invalidateAll() })
      case DisplayMsg.INVAL_PALETTE: {
        const idLo = r.u32()
        return this.#images.invalidatePalette(r.u32(), idLo)
      }
      case DisplayMsg.INVAL_ALL_PALETTES:
        return this.#images.invalidateAllPalettes()
      default:
        return this.#stream(type, r)
    }
  }

  #stream(type: number, r: Reader): void | Promise<void> {
    const streams = this.#streams
    // Where no stream can be, that none is left is no news.
    if (streams === undefined && type === DisplayMsg.STREAM_DESTROY_ALL) return
    if (streams === undefined) throw new WireError(`display message ${type}`)
    switch (type) {
      case DisplayMsg.STREAM_CREATE:
        return streams.create(parseStreamCreate(r))
      case DisplayMsg.STREAM_DATA:
      case DisplayMsg.STREAM_DATA_SIZED:
        return streams.data(parseStreamData(r, type === DisplayMsg.STREAM_DATA_SIZED))
      case DisplayMsg.STREAM_CLIP: {
        const { id, clip } = parseStreamClip(r)
        return streams.clip(id, clip)
      }
      case DisplayMsg.STREAM_DESTROY:
        return streams.destroy(r.u32())
      case DisplayMsg.STREAM_DESTROY_ALL:
        return streams.destroyAll()
      case DisplayMsg.STREAM_ACTIVATE_REPORT:
        return streams.report(parseReportRequest(r))
      default:
        // GL messages come over Unix sockets only; the rest is not known to anybody.
        throw new WireError(`display message ${type}`)
    }
  }

  #after(wait: Promise<void> | undefined, then: () => void): void | Promise<void> {
    if (wait !== undefined) return wait.then(then)
    then()
  }

  /** The screen goes black, and what was remembered of palettes is forgotten. */
  #reset(): void {
    this.#images.invalidateAllPalettes()
    const surface = this.surfaces.primary
    if (surface === undefined) return
    surface.data.fill(surface.force)
    surface.dirty.add(0, 0, surface.width, surface.height)
    this.touched(surface)
  }

  #primary(): void {
    this.#marked = this.#marked && this.surfaces.primary !== undefined
    this.#env.events?.primary?.(this.surfaces.primary)
  }
}

function areaInside(box: Rect, surface: Surface): number {
  const width = Math.min(box.right, surface.width) - Math.max(box.left, 0)
  const height = Math.min(box.bottom, surface.height) - Math.max(box.top, 0)
  return width > 0 && height > 0 ? width * height : 0
}
