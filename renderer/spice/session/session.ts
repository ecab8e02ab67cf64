// Why: the whole of a console session behind one object: it opens what the server lists, keeps the channels' common
// knowledge, and tells what happens. No globals and no DOM, so several sessions live in one page.
import { MouseMode } from '../wire/enums.ts'
import { AgentCap } from '../wire/agent-messages.ts'
import { Channel as ChannelType } from '../wire/messages.ts'
import { Agent } from './agent.ts'
import type { ChannelOpener } from './byte-channel.ts'
import { ChannelGroup } from './channel-group.ts'
import { Channel, type ChannelEvents, type ChannelStats } from './channel.ts'
import type { ClipboardPolicy } from './clipboard.ts'
import { systemClock, type Clock } from './clock.ts'
import type { CloseReason } from './close-reason.ts'
import { Cursor } from './cursor.ts'
import { Emitter } from './emitter.ts'
import { Inputs } from './inputs.ts'
import type { TicketCipher } from './link.ts'
import { betterMouseMode, MAIN_CAPS, MainChannel, type ChannelRef, type MainInit, type MouseModes } from './main-channel.ts'
import type { Monitor } from './monitors.ts'
import { Probe } from './probe.ts'
import type { SessionEvents } from './session-events.ts'
import type { ChannelSink } from './sink.ts'

export interface SessionLimits {
  /** Channels of one session, main included. */
  readonly channels: number
  /** Most bytes of one clipboard text. */
  readonly clipboardBytes: number
}
export const DEFAULT_LIMITS: SessionLimits = { channels: 16, clipboardBytes: 8 * 1024 * 1024 }

export interface SessionOptions {
  readonly openChannel: ChannelOpener
  /** UTF-8 ticket, asked at every link made here; absent: an empty one (no ticket, or one that is put in on the way). */
  readonly ticket?: () => Uint8Array
  /** Takes the display channels; without it none is opened. */
  readonly display?: ChannelSink
  /** Takes the playback channel; without it there is no sound. */
  readonly audio?: ChannelSink
  /** Default `off`. */
  readonly clipboard?: ClipboardPolicy
  /** Channel types whose first one's end is the session's; a further display may go. Default: main, display, inputs. */
  readonly vital?: readonly number[]
  /** Between two measurements of the round trip, ms; 0: none. Default 5000. */
  readonly probeEvery?: number
  readonly limits?: Partial<SessionLimits>
  readonly clock?: Clock
  readonly cipher?: TicketCipher
}

/** A channel that ends just before the main channel says why waits so long for its word, ms. */
const LAST_WORD_MS = 300
const PROBE_EVERY_MS = 5000
const VITAL: readonly number[] = [ChannelType.MAIN, ChannelType.DISPLAY, ChannelType.INPUTS]
const MAIN: ChannelRef = { type: ChannelType.MAIN, id: 0 }
const keyOf = (ref: ChannelRef): number => (ref.type << 8) | ref.id

interface Member {
  readonly ref: ChannelRef
  /** Null for one that is gone: what ended once is not opened again by the next list. */
  end: { readonly close: () => void; readonly stats?: () => ChannelStats; readonly mmTime?: (ms: number) => void } | null
}

export class SpiceSession {
  readonly inputs: Inputs
  readonly #o: SessionOptions
  readonly #clock: Clock
  readonly #limits: SessionLimits
  readonly #events = new Emitter<SessionEvents>()
  readonly #group: ChannelGroup
  readonly #members = new Map<number, Member>()
  readonly #main: MainChannel
  readonly #mainChannel: Channel
  readonly #agent: Agent
  readonly #probe: Probe
  #init: MainInit | undefined
  #mouse: MouseModes | undefined
  #preferredMouse: number = MouseMode.CLIENT
  #mmTime: { readonly ms: number; readonly at: number } | undefined
  #cancelLastWord: (() => void) | undefined
  #over = false

  /** Opens the main channel at once; the first events come in a later turn. */
  constructor(options: SessionOptions) {
    this.#o = options
    this.#clock = options.clock ?? systemClock
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits }
    this.#group = new ChannelGroup(this.#clock)
    this.inputs = new Inputs(() => this.#clock.now(), {
      locks: (bits) => { this.#emit('lockKeys', bits) },
      rtt: (ms) => { this.#emit('rtt', { ms, source: 'motion' }) },
    })
    const send = (type: number, body?: Uint8Array): boolean => this.#mainChannel.send(type, body)
    this.#agent = new Agent(
      { send, clock: this.#clock, policy: options.clipboard ?? 'off', clipboardBytes: this.#limits.clipboardBytes },
      {
        agent: (caps) => {
          this.#emit('agent', { up: caps !== undefined, resizes: caps?.has(AgentCap.MONITORS_CONFIG) ?? false, clipboard: caps?.has(AgentCap.CLIPBOARD_BY_DEMAND) ?? false })
        },
        clipboard: (text) => { this.#emit('clipboard', text) },
        clipboardTooLarge: (excess) => { this.#emit('clipboardTooLarge', excess) },
        monitorsRefused: () => { this.#emit('monitorsRefused', undefined) },
        lost: (type, error) => { this.#emit('problem', { channel: MAIN, messageType: type, detail: `agent: ${String(error)}` }) },
      },
    )
    this.#main = new MainChannel(send, {
      init: (init) => { this.#started(init) },
      channels: (list) => { this.#listed(list) },
      mouse: (modes) => { this.#mouseModes(modes) },
      mmTime: (ms) => { this.#setMmTime(ms) },
      agentConnected: (tokens) => { this.#agent.connected(tokens) },
      agentDisconnected: () => { this.#agent.disconnected() },
      agentData: (bytes) => { this.#agent.data(bytes) },
      agentTokens: (n) => { this.#agent.tokens(n) },
      name: (name) => { this.#emit('vm', { name }) },
      uuid: (uuid) => { this.#emit('vm', { uuid }) },
      migration: (step, target) => { this.#emit('migration', target === undefined ? { step } : { step, target }) },
    })
    this.#probe = new Probe({
      clock: this.#clock,
      every: options.probeEvery ?? PROBE_EVERY_MS,
      ask: () => { this.#main.attachChannels() },
      onRtt: (ms) => { this.#emit('rtt', { ms, source: 'probe' }) },
      onSilence: (ms) => { this.#emit('silent', { ms }) },
    })
    this.#mainChannel = this.#open(MAIN, MAIN_CAPS, {
      message: (type, body) => { this.#main.message(type, body) },
      linked: (_, ms) => { this.#emit('rtt', { ms, source: 'link' }) },
    })
  }

  /** Calls `fn` at every such event until the result is called or the session has closed. */
  on<K extends keyof SessionEvents>(name: K, fn: (payload: SessionEvents[K]) => void): () => void {
    return this.#events.on(name, fn)
  }

  get closed(): boolean {
    return this.#over
  }
  /** Undefined before the server has told it. */
  get mouseModes(): MouseModes | undefined {
    return this.#mouse
  }
  get clipboardPolicy(): ClipboardPolicy {
    return this.#agent.clipboardPolicy
  }
  set clipboardPolicy(policy: ClipboardPolicy) {
    this.#agent.clipboardPolicy = policy
  }
  /** The server's multimedia clock now, ms (wraps at 2^32); undefined before it was told. */
  get mmTime(): number | undefined {
    const at = this.#mmTime
    return at === undefined ? undefined : (at.ms + Math.round(this.#clock.now() - at.at)) >>> 0
  }

  /** Channels that are open, with what they have counted; sinks that count nothing are listed without. */
  channels(): (ChannelRef & { readonly stats?: ChannelStats })[] {
    return [...this.#members.values()].filter((m) => m.end !== null).map(({ ref, end }) => {
      const stats = end?.stats?.()
      return stats === undefined ? ref : { ...ref, stats }
    })
  }

  /** @param mode `MouseMode`; from now on asked for whenever the guest supports it */
  requestMouseMode(mode: number): void {
    this.#preferredMouse = mode
    this.#askMouse()
  }

  /** Asks the guest for these monitors, once they have stood still and as soon as its agent is there. */
  setMonitors(monitors: readonly Monitor[]): void {
    if (!this.#over) this.#agent.setMonitors(monitors)
  }

  /** Offers text to the guest's clipboard. @returns false when policy or size forbids it */
  offerClipboard(text: string): boolean {
    return !this.#over && this.#agent.offerText(text)
  }

  /** Ends every channel; nothing is called after it but `closed`. May be called twice. */
  close(): void {
    if (!this.#over) this.inputs.releaseAll()
    this.#end({ kind: 'closed' }, MAIN)
  }

  #emit<K extends keyof SessionEvents>(name: K, payload: SessionEvents[K]): void {
    if (!this.#over) this.#events.emit(name, payload)
  }

  #open(ref: ChannelRef, caps: readonly number[], events: ChannelEvents): Channel {
    const { ticket, cipher, openChannel } = this.#o
    const channel = new Channel(
      {
        ...ref,
        caps,
        connectionId: this.#init?.sessionId ?? 0,
        open: () => openChannel(ref.type, ref.id),
        clock: this.#clock,
        group: this.#group,
        ...(ticket && { ticket }),
        ...(cipher && { cipher }),
      },
      {
        ...events,
        linked: (serverCaps, ms) => {
          events.linked?.(serverCaps, ms)
          this.#emit('channelLinked', ref)
        },
        closed: (reason) => {
          events.closed?.(reason)
          this.#gone(ref, reason)
        },
        notice: (notice) => { this.#emit('notice', { ...notice, channel: ref }) },
        migrating: () => { this.#emit('migration', { step: 'announced' }) },
        lost: (messageType, error) => { this.#emit('problem', { channel: ref, messageType, detail: String(error) }) },
      },
    )
    this.#members.set(keyOf(ref), { ref, end: { close: () => { channel.close() }, stats: () => channel.stats } })
    return channel
  }

  #started(init: MainInit): void {
    if (this.#init !== undefined) return
    this.#init = init
    this.#setMmTime(init.mmTime)
    this.#agent.tokens(init.agentTokens)
    this.#emit('linked', { sessionId: init.sessionId })
    this.#mouseModes(init.mouse)
    if (init.agentConnected) this.#agent.connected()
    if (!this.#over) this.#probe.start()
  }

  #listed(list: readonly ChannelRef[]): void {
    this.#probe.answered()
    for (const ref of list) if (!this.#over && this.#init !== undefined && !this.#members.has(keyOf(ref)) && this.#members.size < this.#limits.channels) this.#add(ref)
  }

  #add(ref: ChannelRef): void {
    switch (ref.type) {
      case ChannelType.INPUTS: {
        const inputs: Channel = this.#open(ref, [], {
          message: (type, body) => { this.inputs.message(type, body) },
          linked: () => { this.inputs.attach((type, body) => inputs.send(type, body)) },
          closed: () => { this.inputs.attach(undefined) },
        })
        return
      }
      case ChannelType.CURSOR: {
        const cursor = new Cursor((state) => { this.#emit('cursor', { ...state, channelId: ref.id }) })
        this.#open(ref, [], { message: (type, body) => { cursor.message(type, body) } })
        return
      }
      case ChannelType.DISPLAY:
        return this.#offer(ref, this.#o.display)
      case ChannelType.PLAYBACK:
        return this.#offer(ref, this.#o.audio)
      default:
        return
    }
  }

  #offer(ref: ChannelRef, sink: ChannelSink | undefined): void {
    if (sink === undefined) return
    const member: Member = { ref, end: null }
    this.#members.set(keyOf(ref), member)
    let ended = false
    const closed = (reason: CloseReason): void => {
      if (ended) return
      ended = true
      this.#gone(ref, reason)
    }
    try {
      const end = sink.attach(
        { ...ref, connectionId: this.#init?.sessionId ?? 0, mmTime: this.mmTime ?? 0 },
        {
          linked: () => { this.#emit('channelLinked', ref) },
          closed,
          problem: (messageType, detail) => { this.#emit('problem', { channel: ref, messageType, detail }) },
          migrating: () => { this.#emit('migration', { step: 'announced' }) },
        },
      )
      if (ended || this.#over) end.close()
      else member.end = end
    } catch (e) {
      // A sink that fails is a channel that does not open; the others do.
      closed({ kind: 'unreachable', detail: String(e) })
    }
  }

  #gone(ref: ChannelRef, reason: CloseReason): void {
    const member = this.#members.get(keyOf(ref))
    if (member !== undefined) member.end = null
    if (this.#over) return
    if (ref.type === ChannelType.MAIN) return this.#end(reason, ref)
    if (ref.id !== MAIN.id || !(this.#o.vital ?? VITAL).includes(ref.type)) return this.#emit('channelClosed', { reason, channel: ref })
    // The server ends its channels in any order, and says why on one of them.
    if (reason.kind !== 'ended') return this.#end(reason, ref)
    this.#cancelLastWord ??= this.#clock.after(LAST_WORD_MS, () => { this.#end(reason, ref) })
  }

  #end(reason: CloseReason, channel: ChannelRef): void {
    if (this.#over) return
    this.#over = true
    this.#probe.stop()
    this.#cancelLastWord?.()
    this.#agent.close()
    for (const member of this.#members.values()) member.end?.close()
    this.#members.clear()
    this.#events.emit('closed', { reason, channel })
    this.#events.close()
  }

  #mouseModes(modes: MouseModes): void {
    this.#mouse = modes
    this.inputs.mouseMode = modes.current
    this.#emit('mouseMode', modes)
    this.#askMouse()
  }

  #askMouse(): void {
    const mode = this.#mouse === undefined ? undefined : betterMouseMode(this.#mouse, this.#preferredMouse)
    if (mode !== undefined) this.#main.requestMouseMode(mode)
  }

  #setMmTime(ms: number): void {
    this.#mmTime = { ms, at: this.#clock.now() }
    for (const member of this.#members.values()) member.end?.mmTime?.(ms)
  }
}
