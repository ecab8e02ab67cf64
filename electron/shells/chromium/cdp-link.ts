// Why: the RendererLink over the debugging pipe. Every message of the page is accepted only from the main frame's
// current main-world execution context at our origin; everything else is dropped.
import { randomBytes } from 'node:crypto'
import type { CDPSession } from 'playwright-core'
import type { EventName, Reply } from '../../../shared/ipc/contract.ts'
import { MAX_PIECE, PORT_MESSAGE } from '../../../shared/ipc/port-protocol.ts'
import { AppError } from '../../core/errors.ts'
import type { Logger } from '../../core/ports/logger.ts'
import type { RendererLink } from '../../core/ports/shell.ts'
import type { PortInlet, PortTransport } from '../common/credit-channel.ts'
import { PageLink } from '../common/page-link.ts'
import { ORIGIN } from './origin.ts'
import { pageScript, pickupExpression } from './page-script.ts'

/** Longest request text, UTF-16 units: the largest legal command is below 4 KiB even if escaped. */
const MAX_REQUEST = 65536
/** base64 of MAX_PIECE bytes and the channel number before it. */
const MAX_BYTES_TEXT = Math.ceil(MAX_PIECE / 3) * 4 + 16

export interface CdpLinkOptions {
  readonly session: CDPSession
  readonly log: Logger
  readonly attach: (link: RendererLink) => void
  /** Reloads the page. */
  readonly reset: () => void
}

/** Protocol calls under way at once: enough to keep the pipe full. */
const CALLS_IN_FLIGHT = 4
/** Characters after which a call takes no more messages. */
const MAX_CALL = 256 * 1024

/** One protocol call to be: triples of (kind, a, b). */
interface Call {
  readonly args: { value: string | number }[]
  size: number
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (e: unknown) => void
}

interface Outbox {
  readonly waiting: Call[]
  /** The last of `waiting`, while it takes more messages. */
  next: Call | undefined
  inFlight: number
}

interface Life {
  readonly contextId: number
  readonly link: PageLink
  readonly receiver: Promise<string>
  readonly inlets: Map<number, () => PortInlet>
  readonly outbox: Outbox
  nextChannel: number
}

interface BindingCalled { readonly name: string; readonly payload: string; readonly executionContextId: number }
interface ContextCreated { readonly context: { readonly id: number; readonly origin: string; readonly auxData?: { readonly frameId?: string; readonly isDefault?: boolean } } }

export class CdpLink {
  readonly #o: CdpLinkOptions
  readonly #binding = `b${randomBytes(16).toString('hex')}`
  readonly #pickup = `p${randomBytes(16).toString('hex')}`
  #mainFrame = ''
  /** The main world of the main frame at our origin, once it exists. */
  #contextId: number | undefined
  #life: Life | undefined
  #start: () => void = () => {}
  /** Resolves when the first life of the page has been attached. */
  readonly started = new Promise<void>((resolve) => (this.#start = resolve))

  constructor(options: CdpLinkOptions) {
    this.#o = options
  }

  /** Binding and script are in place when this resolves; load the page afterwards. */
  async install(): Promise<void> {
    const { session } = this.#o
    session.on('Runtime.executionContextCreated', (e) => this.#contextCreated(e as ContextCreated))
    session.on('Runtime.executionContextDestroyed', (e) => this.#contextLost((e as { executionContextId: number }).executionContextId))
    session.on('Runtime.executionContextsCleared', () => this.#contextLost(undefined))
    session.on('Runtime.bindingCalled', (e) => this.#bindingCalled(e as BindingCalled))
    const tree = (await session.send('Page.getFrameTree')) as { frameTree: { frame: { id: string } } }
    this.#mainFrame = tree.frameTree.frame.id
    const source = pageScript({ binding: this.#binding, pickup: this.#pickup, origin: ORIGIN, portMessage: PORT_MESSAGE, maxPiece: MAX_PIECE })
    await Promise.all([
      session.send('Page.enable'),
      session.send('Runtime.enable'),
      session.send('Runtime.addBinding', { name: this.#binding }),
      session.send('Page.addScriptToEvaluateOnNewDocument', { source }),
    ])
  }

  /** The page or the whole browser is gone. Harmless twice. */
  gone(): void {
    const life = this.#life
    this.#life = undefined
    life?.link.gone()
  }

  #contextCreated({ context }: ContextCreated): void {
    if (context.auxData?.frameId !== this.#mainFrame || context.auxData.isDefault !== true) return
    if (context.origin !== ORIGIN) return
    this.#contextId = context.id
  }

  #contextLost(id: number | undefined): void {
    if (id !== undefined && id !== this.#contextId) return
    this.#contextId = undefined
    this.gone()
  }

  #bindingCalled({ name, payload, executionContextId }: BindingCalled): void {
    if (name !== this.#binding) return
    if (executionContextId !== this.#contextId) {
      this.#o.log.warn('message from a foreign context dropped', { contextId: executionContextId })
      return
    }
    if (payload === 'L') return this.#begin(executionContextId)
    const life = this.#life
    if (life && life.contextId === executionContextId) this.#message(life, payload)
  }

  #begin(contextId: number): void {
    this.gone()
    const receiver = this.#o.session
      .send('Runtime.evaluate', { expression: pickupExpression(this.#pickup), contextId, objectGroup: 'latchkey' })
      .then((r) => {
        const objectId = (r as { result: { objectId?: string } }).result.objectId
        if (objectId === undefined) throw new AppError('ipc.refused', 'the page has no receiver')
        return objectId
      })
    const life: Life = {
      contextId,
      receiver,
      inlets: new Map(),
      nextChannel: 1,
      outbox: { waiting: [], next: undefined, inFlight: 0 },
      link: new PageLink(
        {
          sendEvent: (name: EventName, value: unknown) => this.#call(life, 'event', name, JSON.stringify(value)),
          openPort: (nonce, inlet) => this.#openPort(life, nonce, inlet),
          reset: () => this.#o.reset(),
        },
        this.#o.log,
      ),
    }
    receiver.catch((e: unknown) => {
      if (life.link.isGone) return
      this.#o.log.error('the page cannot be reached', { code: 'ipc.refused', detail: e instanceof Error ? e.message : String(e) })
      this.#o.reset()
    })
    this.#life = life
    this.#o.attach(life.link)
    this.#start()
  }

  #message(life: Life, payload: string): void {
    const kind = payload[0]
    if (kind === 'R') return this.#request(life, payload)
    const colon = payload.indexOf(':', 1)
    const channel = Number(payload.slice(1, colon < 0 ? 20 : colon))
    const inlet = life.inlets.get(channel)?.()
    // A channel that has just been closed on our side may still be talking: not an offence.
    if (!inlet) return
    if (kind === 'B' && payload.length <= MAX_BYTES_TEXT) return inlet.receive(Buffer.from(payload.slice(colon + 1), 'base64'))
    if (kind === 'A') return inlet.receive({ t: 'ack', n: Number(payload.slice(colon + 1)) })
    if (kind === 'C') return inlet.receive({ t: 'close' })
    inlet.receive(undefined)
  }

  #request(life: Life, payload: string): void {
    const { link } = life
    if (payload.length > MAX_REQUEST) return void link.refuseMalformed('request text too long')
    let message: { id?: unknown; name?: unknown; input?: unknown } | null
    try {
      message = JSON.parse(payload.slice(1)) as typeof message
    } catch {
      return void link.refuseMalformed('request is not JSON')
    }
    const id = message?.id
    if (typeof id !== 'number' || !Number.isSafeInteger(id)) return void link.refuseMalformed('request without a number')
    void link.dispatch(message?.name, message?.input).then((reply: Reply) => this.#call(life, 'reply', id, JSON.stringify(reply)))
  }

  async #openPort(life: Life, nonce: string, inlet: () => PortInlet): Promise<PortTransport> {
    const channel = life.nextChannel++
    life.inlets.set(channel, inlet)
    await this.#send(life, 'port', channel, nonce)
    return {
      postBytes: (bytes) => this.#call(life, 'b', channel, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')),
      postControl: ({ reason }) => this.#call(life, 'closed', channel, reason),
      release: () => void life.inlets.delete(channel),
    }
  }

  /** Fire and forget, in order; a failure means that this life of the page is over, which its events tell. */
  #call(life: Life, kind: string, a: string | number, b: string): void {
    if (life.link.isGone && kind !== 'closed') return
    this.#send(life, kind, a, b).catch((e: unknown) => {
      if (!life.link.isGone) this.#o.log.debug('message to the page was not delivered', { kind, detail: e instanceof Error ? e.message : String(e) })
    })
  }

  /**
   * At most CALLS_IN_FLIGHT calls are under way; what is said meanwhile goes with the next one. So a single message
   * leaves at once, and a flood of small ones does not pay a protocol call each.
   */
  #send(life: Life, kind: string, a: string | number, b: string): Promise<void> {
    const { outbox } = life
    if (!outbox.next || outbox.next.size > MAX_CALL) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const call: Call = { args: [], size: 0, promise, resolve, reject }
      outbox.waiting.push(call)
      outbox.next = call
    }
    const call = outbox.next
    call.args.push({ value: kind }, { value: a }, { value: b })
    call.size += b.length + 32
    this.#drain(life)
    return call.promise
  }

  #drain(life: Life): void {
    const { outbox } = life
    while (outbox.inFlight < CALLS_IN_FLIGHT && outbox.waiting.length > 0) {
      const call = outbox.waiting.shift()!
      if (outbox.next === call) outbox.next = undefined
      outbox.inFlight++
      void this.#perform(life, call).then(call.resolve, call.reject).finally(() => {
        outbox.inFlight--
        this.#drain(life)
      })
    }
  }

  async #perform(life: Life, call: Call): Promise<void> {
    const result = (await this.#o.session.send('Runtime.callFunctionOn', {
      functionDeclaration: 'function(...m){for(let i=0;i<m.length;i+=3)this(m[i],m[i+1],m[i+2])}',
      objectId: await life.receiver,
      arguments: call.args,
      silent: true,
    })) as { exceptionDetails?: { text: string } }
    if (result.exceptionDetails) throw new AppError('ipc.refused', `the page's receiver failed: ${result.exceptionDetails.text}`)
  }
}
