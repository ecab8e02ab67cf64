// Why: one life of the page, whatever carries its messages. Electron's and Chromium's links only provide the wire.
import { ChannelOffer, contract, type EventName, type EventPayload, type Reply, type RequestInput, type RequestName, type RequestOutput } from '../../../shared/ipc/contract.ts'
import { AppError } from '../../core/errors.ts'
import type { Logger } from '../../core/ports/logger.ts'
import type { ByteChannel, RendererLink } from '../../core/ports/shell.ts'
import { createCreditChannel, type PortInlet, type PortTransport } from './credit-channel.ts'
import { RequestGuard } from './request-guard.ts'

/** Byte channels open at the same time; a SPICE session has at most 16. */
export const MAX_CHANNELS = 64

export interface PageWire {
  /** Sends one event; never throws. `payload` is plain data. */
  sendEvent(name: EventName, payload: unknown): void
  /** Makes a port, hands its far end to the page under `nonce`. Its messages go to `inlet`. */
  openPort(nonce: string, inlet: () => PortInlet): Promise<PortTransport>
  /** Reloads the page: it has sent too much nonsense. */
  reset(): void
}

export class PageLink implements RendererLink {
  readonly #wire: PageWire
  readonly #guard: RequestGuard
  readonly #inlets = new Set<PortInlet>()
  readonly #goneListeners: (() => void)[] = []
  #gone = false

  constructor(wire: PageWire, log: Logger) {
    this.#wire = wire
    this.#guard = new RequestGuard(log, () => wire.reset())
  }

  handle<K extends RequestName>(name: K, fn: (input: RequestInput<K>) => Promise<RequestOutput<K>>): void {
    this.#guard.handle(name, fn)
  }

  /** Parsed before it leaves: a field that the contract does not know must not reach the page. Throws internal.bug. */
  emit<K extends EventName>(name: K, payload: EventPayload<K>): void {
    if (this.#gone) return
    const parsed = contract.events[name].safeParse(payload)
    if (!parsed.success) throw new AppError('internal.bug', `event ${name} breaks the contract: ${parsed.error.message.slice(0, 500)}`)
    this.#wire.sendEvent(name, parsed.data)
  }

  /** Errors: cancelled (the page is gone), ipc.refused (too many channels), internal.bug (a nonce out of the contract). */
  async openByteChannel(nonce: string): Promise<ByteChannel> {
    if (!ChannelOffer.safeParse({ nonce }).success) throw new AppError('internal.bug', 'channel nonce breaks the contract')
    if (this.#gone) throw new AppError('cancelled', 'the page is gone')
    if (this.#inlets.size >= MAX_CHANNELS) throw new AppError('ipc.refused', `more than ${MAX_CHANNELS} byte channels`)
    const made: { inlet?: PortInlet } = {}
    const early: unknown[] = []
    // The page may answer before openPort has returned; what it says then is kept in order.
    const buffer: PortInlet = { receive: (m) => void early.push(m), gone: () => {} }
    const transport = await this.#wire.openPort(nonce, () => made.inlet ?? buffer)
    const { channel, inlet } = createCreditChannel({
      postBytes: (bytes) => transport.postBytes(bytes),
      postControl: (control) => transport.postControl(control),
      release: () => {
        this.#inlets.delete(inlet)
        transport.release()
      },
    })
    made.inlet = inlet
    this.#inlets.add(inlet)
    for (const message of early) inlet.receive(message)
    if (this.#gone) inlet.gone()
    return channel
  }

  onGone(fn: () => void): void {
    if (this.#gone) fn()
    else this.#goneListeners.push(fn)
  }

  onMalformed(fn: Parameters<RendererLink['onMalformed']>[0]): void {
    this.#guard.onMalformed(fn)
  }

  /** For the shell: a request of the page. Never rejects. */
  dispatch(name: unknown, input: unknown): Promise<Reply> {
    return this.#guard.dispatch(name, input)
  }

  /** For the shell: something of the page that has not even the form of a request. */
  refuseMalformed(detail: string): Reply {
    return this.#guard.refuseMalformed(detail)
  }

  get malformed(): number {
    return this.#guard.malformed
  }

  get isGone(): boolean {
    return this.#gone
  }

  /** For the shell: this life of the page has ended. Harmless twice. */
  gone(): void {
    if (this.#gone) return
    this.#gone = true
    for (const inlet of [...this.#inlets]) inlet.gone()
    for (const fn of this.#goneListeners) fn()
  }
}
