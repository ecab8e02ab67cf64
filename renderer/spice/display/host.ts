// Why: the worker's half: it owns all display channels of a session, what they share, and the screens they are shown on.
// Everything that only a browser has is handed in, so that it runs in a test as it does in the worker.
import { SharedImages, type ImageEnvironment } from '../image/decoder.ts'
import type { ByteChannel } from '../session/byte-channel.ts'
import { ChannelGroup } from '../session/channel-group.ts'
import type { Clock } from '../session/clock.ts'
import type { TicketCipher } from '../session/link.ts'
import { localSink, type ChannelOffer, type SinkChannel } from '../session/sink.ts'
import type { Surface } from '../canvas/surface.ts'
import { CACHE_PIXELS, displayChannel, GLZ_PIXELS } from './channel.ts'
import { Presenter, type Screen } from './presenter.ts'
import type { DisplayStats, FromWorker, Screenshot, ToWorker } from './protocol.ts'
import type { Decoders, DisplayModel } from './renderer.ts'
import type { FrameDecoder } from './streams.ts'

/** What is known only once the browser was asked. */
export interface HostCodecs {
  /** VideoCodecType numbers that `decoder` decodes. */
  readonly codecs: readonly number[]
  readonly decoder: (codec: number, height: number) => FrameDecoder | undefined
  readonly jpeg: ImageEnvironment['jpeg']
  readonly decoders?: Decoders
}

export interface HostEnvironment {
  readonly post: (message: FromWorker, transfer?: Transferable[]) => void
  readonly toChannel: (port: MessagePort) => ByteChannel
  readonly toScreen: (canvas: OffscreenCanvas) => Screen
  readonly requestFrame: (fn: () => void) => void
  /** Ends the worker. */
  readonly end: () => void
  readonly clock: Clock
  /** Channels are linked after it. */
  readonly codecs: Promise<HostCodecs>
  readonly cachePixels?: number
  readonly glzPixels?: number
  readonly cipher?: TicketCipher
}

/** See DisplayHost.usage(). */
export interface DisplayUsage {
  readonly surfacePixels: number
  readonly cachedPixels: number
  readonly cachedImages: number
  readonly glzPixels: number
  readonly glzImages: number
  readonly pooledWords: number
  /** Draws that wait for what another channel may bring. */
  readonly waitingDraws: number
  readonly palettes: number
  readonly streams: number
  readonly waitingFrameBytes: number
}

const MAX_PAST = 64
/** Lost messages of a channel that are told one by one; all are counted. */
const MAX_PROBLEMS = 1000

interface Display {
  readonly presenter: Presenter
  model?: DisplayModel
  end?: SinkChannel
  /** Between the offer and the link. */
  offered: boolean
}

export class DisplayHost {
  readonly #env: HostEnvironment
  readonly #shared: SharedImages
  readonly #group: ChannelGroup
  readonly #displays = new Map<number, Display>()
  /** Of channels that are gone: whoever asks what was done may ask after it. */
  readonly #past: DisplayStats[] = []
  #mmTime: { readonly ms: number; readonly at: number } | undefined
  #audioDelay: number | undefined

  constructor(env: HostEnvironment) {
    this.#env = env
    this.#shared = new SharedImages(env.cachePixels ?? CACHE_PIXELS, env.glzPixels ?? GLZ_PIXELS, env.clock)
    this.#group = new ChannelGroup(env.clock)
  }

  receive(message: ToWorker): void {
    switch (message.t) {
      case 'channel':
        this.#setMmTime(message.offer.mmTime)
        return void this.#attach(message.offer, message.port, message.ticket)
      case 'canvas':
        return this.#display(message.id).presenter.show(this.#env.toScreen(message.canvas))
      case 'close':
        return this.#close(message.id)
      case 'mmTime':
        return this.#setMmTime(message.ms)
      case 'sound':
        this.#audioDelay = message.delay ?? undefined
        return
      case 'stats':
        return this.#env.post({ t: 'stats', ask: message.ask, stats: this.stats() })
      case 'screenshot': {
        const screenshot = this.#screenshot(message.id)
        return this.#env.post({ t: 'screenshot', ask: message.ask, screenshot }, screenshot === null ? [] : [screenshot.data.buffer as ArrayBuffer])
      }
      case 'end':
        for (const id of [...this.#displays.keys()]) this.#close(id)
        return this.#env.end()
    }
  }

  /** Of all channels, those that are gone first. */
  stats(): DisplayStats[] {
    return [...this.#past, ...[...this.#displays].map(([id, display]) => statsOf(id, display)).filter((s) => s !== undefined)]
  }

  /** What the session holds now, in the units of its limits: for tools that watch its memory. */
  usage(): DisplayUsage {
    const { surfaces, pixmaps, glz, pool, arrivals } = this.#shared
    const kept = [...this.#displays.values()].map((d) => d.model?.kept).filter((k) => k !== undefined)
    return {
      surfacePixels: surfaces.pixels,
      cachedPixels: pixmaps.pixels,
      cachedImages: pixmaps.size,
      glzPixels: glz.pixels,
      glzImages: glz.size,
      pooledWords: pool.keptWords,
      waitingDraws: arrivals.waiting,
      palettes: kept.reduce((n, k) => n + k.palettes, 0),
      streams: kept.reduce((n, k) => n + k.streams, 0),
      waitingFrameBytes: kept.reduce((n, k) => n + k.waitingFrameBytes, 0),
    }
  }

  /** Of display `id`, live. */
  surface(id: number, surface: number): Surface | undefined {
    return this.#displays.get(id)?.model?.surfaces.find(surface)
  }

  #display(id: number): Display {
    const found = this.#displays.get(id)
    if (found !== undefined) return found
    const display: Display = {
      offered: false,
      presenter: new Presenter({
        requestFrame: this.#env.requestFrame,
        now: () => this.#env.clock.now(),
        onView: (view) => { this.#env.post({ t: 'view', id, view }) },
        onFirstFrame: () => { this.#env.post({ t: 'firstFrame', id }) },
      }),
    }
    this.#displays.set(id, display)
    return display
  }

  async #attach(offer: ChannelOffer, port: MessagePort, ticket: Uint8Array | undefined): Promise<void> {
    const { id } = offer
    const { post, clock, cipher } = this.#env
    const display = this.#display(id)
    const bytes = this.#env.toChannel(port)
    display.offered = true
    const codecs = await this.#env.codecs
    // Closed while the browser was asked what it can.
    if (!display.offered || display.end !== undefined || this.#displays.get(id) !== display) return bytes.close()
    const { presenter } = display
    let problems = 0
    const sink = localSink(
      { openChannel: () => Promise.resolve(bytes), clock, group: this.#group, ...(ticket && { ticket: () => ticket }), ...(cipher && { cipher }) },
      (_, send) => {
        const { handler, model } = displayChannel(
          {
            ...codecs,
            id,
            shared: this.#shared,
            cachePixels: this.#env.cachePixels ?? CACHE_PIXELS,
            glzPixels: this.#env.glzPixels ?? GLZ_PIXELS,
            clock,
            group: this.#group,
            media: { mmTime: () => this.#now(), audioDelay: () => this.#audioDelay },
            events: {
              primary: (surface) => { presenter.surface(surface) },
              monitors: (heads) => { presenter.heads(heads.filter((h) => h.surface === model.surfaces.primaryId)) },
              changed: () => { presenter.changed() },
            },
          },
          send,
        )
        display.model = model
        return handler
      },
    )
    display.end = sink.attach(offer, {
      linked: () => {
        ticket?.fill(0)
        post({ t: 'linked', id })
      },
      closed: (reason) => {
        ticket?.fill(0)
        this.#forget(id, display)
        post({ t: 'closed', id, reason })
      },
      problem: (messageType, detail) => { if (++problems <= MAX_PROBLEMS) post({ t: 'problem', id, messageType, detail }) },
      migrating: (flags) => { post({ t: 'migrating', id, flags }) },
    })
  }

  #close(id: number): void {
    const display = this.#displays.get(id)
    if (display === undefined) return
    this.#forget(id, display)
    display.end?.close()
  }

  #forget(id: number, display: Display): void {
    if (this.#displays.get(id) !== display) return
    const stats = statsOf(id, display)
    if (stats !== undefined && this.#past.length < MAX_PAST) this.#past.push(stats)
    display.offered = false
    display.presenter.close()
    this.#displays.delete(id)
    if (this.#displays.size === 0) this.#shared.clear()
  }

  #setMmTime(ms: number): void {
    this.#mmTime = { ms, at: this.#env.clock.now() }
  }

  #now(): number | undefined {
    const at = this.#mmTime
    return at === undefined ? undefined : (at.ms + Math.round(this.#env.clock.now() - at.at)) >>> 0
  }

  #screenshot(id: number): Screenshot | null {
    const surface: Surface | undefined = this.#displays.get(id)?.model?.surfaces.primary
    if (surface === undefined) return null
    const { width, height, data } = surface
    return { width, height, data: data.map((v) => v | 0xff000000) }
  }
}

function statsOf(id: number, { model, end, presenter }: Display): DisplayStats | undefined {
  const channel = end?.stats?.()
  if (model === undefined || channel === undefined) return undefined
  return { id, ...model.counts, channel, presentedFrames: presenter.frames, presentMs: presenter.ms }
}
