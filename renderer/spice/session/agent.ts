// Why: one conversation with the guest's agent: who can what, the monitors, the clipboard. Everything in it comes from a
// guest that may be hostile: what was not agreed is ignored, and what is malformed costs that message.
// Layouts: VDAgentAnnounceCapabilities, VDAgentReply of `spice/vd_agent.h`.
import { AgentCap, AgentMsg, AgentResult } from '../wire/agent-messages.ts'
import type { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { AgentStream } from './agent-stream.ts'
import { Clipboard, CLIPBOARD_CAPS, type ClipboardExcess, type ClipboardPolicy } from './clipboard.ts'
import type { Clock } from './clock.ts'
import { Capabilities, capabilityWords } from './link.ts'
import { Monitors, monitorsConfig, type Monitor } from './monitors.ts'

const OWN_CAPS: readonly number[] = [AgentCap.MONITORS_CONFIG, AgentCap.REPLY, AgentCap.SPARSE_MONITORS_CONFIG, AgentCap.MONITORS_CONFIG_POSITION]

export interface AgentEvents {
  /** The agent told its capabilities; undefined: it is gone. */
  agent(caps: Capabilities | undefined): void
  clipboard(text: string): void
  /** A text was not passed on because of its length. */
  clipboardTooLarge(excess: ClipboardExcess): void
  /** The guest could not do what MONITORS_CONFIG asked, several times. */
  monitorsRefused(): void
  lost(type: number, error: unknown): void
}

export interface AgentOptions {
  /** Sends one main-channel message. */
  readonly send: (type: number, body: Uint8Array) => void
  readonly clock: Clock
  readonly policy: ClipboardPolicy
  readonly clipboardBytes: number
}

export class Agent {
  readonly #e: AgentEvents
  readonly #stream: AgentStream
  readonly #clipboard: Clipboard
  readonly #monitors: Monitors
  #caps: Capabilities | undefined

  constructor(options: AgentOptions, events: AgentEvents) {
    this.#e = events
    this.#stream = new AgentStream({
      send: options.send,
      maxMessage: options.clipboardBytes + 1024,
      onMessage: (type, body) => { this.#received(type, body) },
      onSkipped: (type, size) => {
        if (type === AgentMsg.CLIPBOARD) this.#clipboard.skipped(size)
        events.lost(type, new RangeError(`an agent message of ${size} bytes`))
      },
    })
    const send = (type: number, data: Uint8Array): boolean => this.#stream.send(type, data)
    this.#clipboard = new Clipboard(options.policy, {
      send,
      maxBytes: options.clipboardBytes,
      onText: (text) => { events.clipboard(text) },
      onTooLarge: (excess) => { events.clipboardTooLarge(excess) },
    })
    this.#monitors = new Monitors({ clock: options.clock, send: (monitors) => this.#sendMonitors(monitors), onRefused: () => { events.monitorsRefused() } })
  }

  /** Undefined until the agent has told them. */
  get caps(): Capabilities | undefined {
    return this.#caps
  }

  /** The server says the agent is there. @param tokens as in AgentStream.start */
  connected(tokens?: number): void {
    if (this.#stream.connected) this.disconnected()
    this.#stream.start(tokens)
    this.#announce(true)
  }

  disconnected(): void {
    if (!this.#stream.connected) return
    this.#stream.stop()
    this.#caps = undefined
    this.#clipboard.agent(undefined)
    this.#monitors.agentGone()
    this.#e.agent(undefined)
  }

  data(bytes: Uint8Array): void {
    this.#stream.receive(bytes)
  }
  tokens(n: number): void {
    this.#stream.addTokens(n)
  }

  setMonitors(monitors: readonly Monitor[]): void {
    this.#monitors.want(monitors)
  }
  offerText(text: string): boolean {
    return this.#clipboard.offer(text)
  }

  get clipboardPolicy(): ClipboardPolicy {
    return this.#clipboard.policy
  }
  set clipboardPolicy(policy: ClipboardPolicy) {
    const before = this.#clipboard.policy
    this.#clipboard.setPolicy(policy)
    if ((before === 'off') !== (policy === 'off') && this.#stream.connected) this.#announce(false)
  }

  close(): void {
    this.#monitors.close()
    this.#stream.stop()
  }

  #announce(request: boolean): void {
    const caps = this.#clipboard.policy === 'off' ? OWN_CAPS : [...OWN_CAPS, ...CLIPBOARD_CAPS]
    const w = new Writer(8).u32(request ? 1 : 0)
    for (const word of capabilityWords(caps)) w.u32(word)
    this.#stream.send(AgentMsg.ANNOUNCE_CAPABILITIES, w.finish())
  }

  #sendMonitors(monitors: readonly Required<Monitor>[]): boolean {
    const caps = this.#caps
    if (caps?.has(AgentCap.MONITORS_CONFIG) !== true) return false
    // A monitor of no size is something that only newer agents understand.
    const shown = caps.has(AgentCap.SPARSE_MONITORS_CONFIG) ? monitors : monitors.filter((m) => m.width > 0)
    return shown.length > 0 && this.#stream.send(AgentMsg.MONITORS_CONFIG, monitorsConfig(shown, caps.has(AgentCap.MONITORS_CONFIG_POSITION)))
  }

  #received(type: number, r: Reader): void {
    try {
      this.#message(type, r)
    } catch (e) {
      this.#e.lost(type, e)
    }
  }

  #message(type: number, r: Reader): void {
    switch (type) {
      case AgentMsg.ANNOUNCE_CAPABILITIES: {
        const asks = r.u32() !== 0
        // An agent tells them when it comes and again when it is asked: that is no other agent.
        const fresh = this.#caps === undefined
        this.#caps = new Capabilities(Array.from({ length: Math.min(r.left >>> 2, 8) }, () => r.u32()))
        if (asks) this.#announce(false)
        this.#clipboard.agent(this.#caps)
        this.#monitors.agentReady(fresh)
        this.#e.agent(this.#caps)
        return
      }
      case AgentMsg.REPLY:
        if (r.u32() === AgentMsg.MONITORS_CONFIG && r.u32() !== AgentResult.SUCCESS) this.#monitors.refused()
        return
      default:
        if (this.#clipboard.policy !== 'off') this.#clipboard.message(type, r)
    }
  }
}
