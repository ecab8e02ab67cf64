// Why: the page's half: a sink that hands each display channel's port to the worker and knows what became of it. After
// that the page's thread has nothing more to do with pixels.
import { systemClock, type Clock } from '../session/clock.ts'
import type { ChannelOffer, ChannelReports, ChannelSink, SinkChannel } from '../session/sink.ts'
import type { DisplayStats, FromWorker, Screenshot, ToWorker, View } from './protocol.ts'

/** The part of Worker that is used. */
export interface WorkerLike {
  postMessage(message: ToWorker, transfer: Transferable[]): void
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null
  onerror: ((event: ErrorEvent) => void) | null
  terminate(): void
}

export interface DisplayProxyOptions {
  readonly worker: WorkerLike
  /** The port of one channel's bytes; what is on it, the worker's `toChannel` knows. */
  readonly openPort: (type: number, id: number) => Promise<MessagePort>
  /** UTF-8 ticket, copied into the worker for one link; absent: an empty one. */
  readonly ticket?: () => Uint8Array
  readonly onView?: (id: number, view: View | null) => void
  readonly onFirstFrame?: (id: number) => void
  readonly clock?: Clock
}

/** A worker that does not end itself in this time is busy with something that will not end, ms. */
const END_MS = 2000
/** Between two looks at whether the worker still answers, ms. */
const LOOK_MS = 2000
/**
 * Looks in a row, each with a question, that the worker has not answered: it counts as dead. A count and not a time: a machine that
 * slept finds its timer due at once, and the worker answers before the next.
 */
const SILENT_LOOKS = 4

export class DisplayProxy implements ChannelSink {
  readonly #o: DisplayProxyOptions
  readonly #channels = new Map<number, ChannelReports>()
  readonly #asked = new Map<number, (answer: FromWorker | undefined) => void>()
  readonly #clock: Clock
  #ask = 0
  #silence = 0
  /** Why the worker is of no use any more. */
  #dead: string | undefined
  #cancelLook: () => void
  #over = false

  constructor(options: DisplayProxyOptions) {
    this.#o = options
    this.#clock = options.clock ?? systemClock
    this.#cancelLook = this.#lookLater()
    options.worker.onmessage = (e) => { this.#receive(e.data) }
    // Its script could not be loaded, or threw where nothing catches: there is no display any more.
    // In the first case what comes is a plain Event, without a message.
    options.worker.onerror = (e: Partial<ErrorEvent>) => { this.#endAll(e.message === undefined || e.message === '' ? 'the worker failed' : e.message) }
  }

  /** ChannelSink */
  attach(offer: ChannelOffer, reports: ChannelReports): SinkChannel {
    const { id } = offer
    this.#channels.set(id, reports)
    const dead = this.#dead
    if (dead !== undefined) queueMicrotask(() => { this.#ended(id, reports, dead) })
    else this.#open(offer, reports)
    return {
      mmTime: (ms) => { this.#post({ t: 'mmTime', ms }) },
      close: () => {
        if (this.#channels.get(id) !== reports) return
        this.#channels.delete(id)
        this.#post({ t: 'close', id })
      },
    }
  }

  #open(offer: ChannelOffer, reports: ChannelReports): void {
    const { id } = offer
    this.#o.openPort(offer.type, id).then(
      (port) => {
        const ticket = this.#o.ticket?.()
        if (this.#channels.get(id) === reports) this.#post({ t: 'channel', offer, port, ...(ticket && { ticket: ticket.slice() }) }, [port])
        else port.close()
      },
      (e: unknown) => { this.#ended(id, reports, String(e)) },
    )
  }

  /** Shows display `id` on the canvas from now on. */
  show(id: number, canvas: OffscreenCanvas): void {
    this.#post({ t: 'canvas', id, canvas }, [canvas])
  }

  /** @param delay how far ahead of its being heard sound is received, ms; undefined: no sound plays */
  sound(delay: number | undefined): void {
    this.#post({ t: 'sound', delay: delay ?? null })
  }

  async stats(): Promise<readonly DisplayStats[]> {
    const answer = await this.#question((ask) => ({ t: 'stats', ask }))
    return answer?.t === 'stats' ? answer.stats : []
  }

  /** The primary surface of display `id`, exactly; null: there is none. */
  async screenshot(id = 0): Promise<Screenshot | null> {
    const answer = await this.#question((ask) => ({ t: 'screenshot', ask, id }))
    return answer?.t === 'screenshot' ? answer.screenshot : null
  }

  /** Ends every channel and then the worker; no report comes after it. May be called twice. */
  close(): void {
    if (this.#over) return
    this.#over = true
    const { worker } = this.#o
    this.#channels.clear()
    this.#settle()
    this.#cancelLook()
    worker.onmessage = null
    worker.onerror = null
    // It ends itself: one that is ended from here closes no ports, and their other ends would wait for ever.
    worker.postMessage({ t: 'end' }, [])
    this.#clock.after(END_MS, () => { worker.terminate() })
  }

  #lookLater(): () => void {
    return this.#clock.after(LOOK_MS, () => { this.#look() })
  }

  /** A worker that hangs or has ended tells nobody: no event of the page's comes for it. */
  #look(): void {
    if (this.#silence++ >= SILENT_LOOKS) return this.#endAll('the worker does not answer')
    void this.stats()
    this.#cancelLook = this.#lookLater()
  }

  #post(message: ToWorker, transfer: Transferable[] = []): void {
    if (!this.#over) this.#o.worker.postMessage(message, transfer)
  }

  #question(make: (ask: number) => ToWorker): Promise<FromWorker | undefined> {
    if (this.#over) return Promise.resolve(undefined)
    const ask = ++this.#ask
    return new Promise((resolve) => {
      this.#asked.set(ask, resolve)
      this.#post(make(ask))
    })
  }

  #receive(message: FromWorker): void {
    if (this.#over) return
    this.#silence = 0
    switch (message.t) {
      case 'view':
        return this.#o.onView?.(message.id, message.view)
      case 'firstFrame':
        return this.#o.onFirstFrame?.(message.id)
      case 'stats':
      case 'screenshot':
        this.#asked.get(message.ask)?.(message)
        this.#asked.delete(message.ask)
        return
      default:
    }
    const reports = this.#channels.get(message.id)
    if (reports === undefined) return
    switch (message.t) {
      case 'linked':
        return reports.linked()
      case 'problem':
        return reports.problem(message.messageType, message.detail)
      case 'migrating':
        return reports.migrating(message.flags)
      case 'closed':
        this.#channels.delete(message.id)
        return reports.closed(message.reason)
    }
  }

  #ended(id: number, reports: ChannelReports, detail: string): void {
    if (this.#over || this.#channels.get(id) !== reports) return
    this.#channels.delete(id)
    reports.closed({ kind: 'unreachable', detail })
  }

  #endAll(detail: string): void {
    this.#dead ??= detail
    this.#settle()
    for (const [id, reports] of [...this.#channels]) this.#ended(id, reports, detail)
  }

  #settle(): void {
    for (const resolve of this.#asked.values()) resolve(undefined)
    this.#asked.clear()
  }
}
