// Why: one session of our engine, watched: nothing is typed, no size is asked for, no clipboard is offered and no sound is
// heard. Main says how long; what was counted and, if wanted, the picture go back to it.
import type { ProbeChannel, ProbeEnd, ProbeReport } from '../../shared/ipc/probe.ts'
import { MAX_PIECE } from '../../shared/ipc/port-protocol.ts'
import type { Bridge } from '../bridge.ts'
import { addCounts } from '../spice/display/counts.ts'
import { DisplayProxy, type WorkerLike } from '../spice/display/proxy.ts'
import type { DisplayStats, Screenshot } from '../spice/display/protocol.ts'
import { playbackChannel } from '../spice/media/playback.ts'
import type { ByteChannel, ChannelOpener } from '../spice/session/byte-channel.ts'
import { systemClock, type Clock } from '../spice/session/clock.ts'
import type { CloseReason } from '../spice/session/close-reason.ts'
import type { TicketCipher } from '../spice/session/link.ts'
import { SpiceSession } from '../spice/session/session.ts'
import { localSink, type ChannelSink } from '../spice/session/sink.ts'
import { Channel } from '../spice/wire/messages.ts'
import type { PageCost } from './cost.ts'

export interface ProbeParts {
  readonly bridge: Bridge
  readonly toChannel: (port: MessagePort) => ByteChannel
  readonly worker: WorkerLike
  /** Where the first display is presented, as it would be in a window. */
  readonly canvas: OffscreenCanvas
  readonly cost: PageCost
  readonly clock?: Clock
  readonly cipher?: TicketCipher
}

/** The display that is shown and whose picture is taken. */
const SHOWN = 0
/** Between two measurements of the round trip, ms: also a short probe has one. */
const PROBE_EVERY = 500
/** A server may have no picture to show; the measurement begins all the same then, ms. */
const FIRST_PICTURE_MS = 5000
const MB = 1e6

export const emptyReport: ProbeReport = { channels: [], seconds: 0, draws: 0, pixels: 0, images: {}, decodeMs: 0, presentedFrames: 0, longTasksMs: 0 }

/** Runs one probe to its report. Rejects with RequestError when main refuses. */
export async function runProbe(p: ProbeParts): Promise<void> {
  const { bridge } = p
  const clock = p.clock ?? systemClock
  const { link, picture } = await bridge.request('probe.start', { protocol: 1 })
  const openPort = (type: number, id: number): Promise<MessagePort> => bridge.openChannel(link, type, id)
  const openChannel: ChannelOpener = async (type, id) => p.toChannel(await openPort(type, id))
  const shown = Promise.withResolvers<void>()
  const proxy = new DisplayProxy({ worker: p.worker, openPort, clock, onFirstFrame: (id) => { if (id === SHOWN) shown.resolve() } })
  proxy.show(SHOWN, p.canvas)
  const session = new SpiceSession({ openChannel, display: proxy, audio: silent(openChannel, clock), probeEvery: PROBE_EVERY, clock, ...(p.cipher && { cipher: p.cipher }) })
  const watch = new Watch(session, clock)
  const seen = watch.linked.then(() => Promise.race([shown.promise, after(clock, FIRST_PICTURE_MS)]))
  const end = await Promise.race([watch.ended, seen.then(() => bridge.request('probe.wait', null))])
  watch.stop()
  // Before what is done for the report itself.
  const longTasksMs = watch.since === undefined ? 0 : p.cost.longTasksMs(watch.since)
  const displays = await proxy.stats()
  const screenshot = picture && end === null ? await proxy.screenshot(SHOWN) : null
  const bytes = await p.cost.heapBytes()
  const report: ProbeReport = {
    ...(end !== null && { end }),
    channels: [...watch.channels(), ...displays.map(displayChannel)],
    seconds: watch.seconds,
    ...displayCounts(displays),
    longTasksMs,
    ...(watch.rtt !== undefined && { rttMs: watch.rtt }),
    ...(bytes !== undefined && { heapMB: bytes / MB }),
  }
  if (screenshot !== null) await sendPicture(p, screenshot)
  await bridge.request('probe.report', report)
  session.close()
  proxy.close()
}

/** What a session tells while it lives: it says nothing any more once it has ended. */
class Watch {
  readonly ended: Promise<ProbeEnd>
  readonly linked: Promise<unknown>
  readonly #session: SpiceSession
  readonly #clock: Clock
  readonly #channels = new Map<number, ProbeChannel>()
  /** Measured by asking; what the link took is the answer of last resort, since it has an RSA operation in it. */
  readonly #rtts: number[] = []
  #linkRtt: number | undefined
  /** When the server had taken the ticket. */
  since: number | undefined
  #until: number | undefined

  constructor(session: SpiceSession, clock: Clock) {
    this.#session = session
    this.#clock = clock
    this.ended = new Promise((resolve) => {
      session.on('closed', ({ reason }) => {
        this.#until ??= clock.now()
        resolve(endOf(reason))
      })
    })
    this.linked = new Promise((resolve) => {
      session.on('linked', () => {
        this.since = clock.now()
        resolve(undefined)
      })
    })
    session.on('channelLinked', () => { this.#look() })
    session.on('rtt', ({ ms, source }) => {
      if (source === 'link') this.#linkRtt ??= ms
      else if (source === 'probe') this.#rtts.push(ms)
      this.#look()
    })
  }

  stop(): void {
    this.#until ??= this.#clock.now()
    this.#look()
  }

  /** As last seen; of displays the worker knows. */
  channels(): ProbeChannel[] {
    return [...this.#channels.values()]
  }

  get seconds(): number {
    return this.since === undefined || this.#until === undefined ? 0 : Math.max(0, this.#until - this.since) / 1000
  }

  get rtt(): number | undefined {
    const sorted = this.#rtts.toSorted((a, b) => a - b)
    return sorted.length === 0 ? this.#linkRtt : sorted[sorted.length >> 1]
  }

  #look(): void {
    for (const { type, id, stats } of this.#session.channels()) if (stats !== undefined) this.#channels.set((type << 8) | id, { type, id, ...stats })
  }
}

const after = (clock: Clock, ms: number): Promise<void> => new Promise((resolve) => { clock.after(ms, resolve) })

function endOf(reason: CloseReason): ProbeEnd {
  const { kind } = reason
  return { kind, ...('code' in reason && { code: reason.code }), detail: 'detail' in reason ? reason.detail.slice(0, 300) : '' }
}

const displayChannel = ({ id, channel }: DisplayStats): ProbeChannel => ({ type: Channel.DISPLAY, id, ...channel })

function displayCounts(displays: readonly DisplayStats[]): Pick<ProbeReport, 'draws' | 'pixels' | 'images' | 'decodeMs' | 'presentedFrames'> {
  const { draws, pixels, images, decodeMs } = addCounts(displays)
  return { draws, pixels, images, decodeMs, presentedFrames: displays.reduce((sum, d) => sum + d.presentedFrames, 0) }
}

/** Takes the playback channel with everything that a listener would offer, and plays nothing: a probe makes no noise. */
function silent(openChannel: ChannelOpener, clock: Clock): ChannelSink {
  const opus = (): { decode(): void; close(): void } => ({ decode: () => undefined, close: () => undefined })
  return localSink({ openChannel, clock }, () => playbackChannel({ output: () => undefined, opus }))
}

async function sendPicture({ bridge, toChannel }: ProbeParts, { width, height, data }: Screenshot): Promise<void> {
  const { nonce } = await bridge.request('probe.picture', { width, height })
  const channel = toChannel(await bridge.port(nonce))
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  for (let at = 0; at < bytes.length; at += MAX_PIECE) channel.send(bytes.subarray(at, at + MAX_PIECE))
}
