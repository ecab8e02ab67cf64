// Why: a real, small SPICE server for the demo hypervisor: it speaks the protocol on any byte stream it is handed (the
// simulated VM's forwarded display), shows a Screen, and hears its keyboard and mouse. It listens nowhere by itself.
import { randomBytes, randomInt } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { systemClock, type SpiceClock } from './clock.ts'
import { Connection, type Channel, type LinkHost } from './connection.ts'
import { arrowCursor, CursorChannel, type CursorShape } from './cursor-channel.ts'
import { DisplayChannel } from './display-channel.ts'
import type { SpiceFaults } from './faults.ts'
import { Framebuffer } from './framebuffer.ts'
import { InputsChannel } from './inputs-channel.ts'
import { newLinkKey, ticketAccepted, type LinkKey, type LinkRequest, type Ticket } from './link.ts'
import { MainChannel, type MainSide } from './main-channel.ts'
import { keyLock, linkError, mouseMode, type LinkErrorCode } from './protocol.ts'
import type { Canvas } from './canvas.ts'
import type { InputEvent, Screen } from './screen.ts'
import type { VdAgent } from './vdagent.ts'

export interface SpiceServerOptions {
  readonly screen: Screen
  /** Asked at every link, so that a ticket set a moment ago counts at once. */
  readonly ticket: () => Ticket
  readonly name?: string
  /** Textual UUID of the VM; a random one otherwise. */
  readonly uuid?: string
  readonly clock?: SpiceClock
  /** Kept by reference: change its fields at any time. */
  readonly faults?: SpiceFaults
}

/** Counters since the server was made. */
export interface SpiceStats {
  readonly accepted: number
  readonly linked: number
  readonly refused: number
  readonly open: number
  readonly inputEvents: number
  readonly pongs: number
}

interface Session {
  readonly id: number
  readonly main: Connection
  channel: MainChannel | undefined
  readonly channels: Set<Connection>
  readonly side: MainSide
}

/** A client has four channels; the rest is room for links under way and for one that comes back. */
const MAX_CONNECTIONS = 32

export class SpiceServer {
  readonly faults: SpiceFaults
  readonly #options: SpiceServerOptions
  readonly #clock: SpiceClock
  readonly #framebuffer: Framebuffer
  readonly #host: LinkHost
  readonly #uuid: Uint8Array
  readonly #connections = new Set<Connection>()
  readonly #cursors = new Map<Connection, CursorChannel>()
  readonly #inputs = new Set<InputsChannel>()
  readonly #listeners = new Set<(event: InputEvent) => void>()
  readonly #counts = { accepted: 0, linked: 0, refused: 0, inputEvents: 0, pongs: 0 }
  #key: Promise<LinkKey> | undefined
  #session: Session | undefined
  #spentTicket: string | undefined
  #closed = false
  #cursor: CursorShape | undefined
  #locks: number = keyLock.num
  #agent: VdAgent | undefined
  #mouseModes: number = mouseMode.server | mouseMode.client
  #pointer: { readonly x: number; readonly y: number }

  constructor(options: SpiceServerOptions) {
    this.#options = options
    this.faults = options.faults ?? {}
    this.#clock = options.clock ?? systemClock
    this.#framebuffer = new Framebuffer(options.screen, this.#clock)
    this.#pointer = { x: options.screen.width >> 1, y: options.screen.height >> 1 }
    this.#uuid = options.uuid === undefined ? randomBytes(16) : Buffer.from(options.uuid.replaceAll('-', ''), 'hex')
    if (this.#uuid.length !== 16) throw new RangeError('uuid: 32 hexadecimal digits wanted')
    this.#cursor = arrowCursor()
    this.#host = {
      clock: this.#clock,
      faults: this.faults,
      linkKey: () => (this.#key ??= newLinkKey()),
      admit: (connection, request, password) => this.#admit(connection, request, password),
      gone: (connection) => this.#gone(connection),
    }
  }

  /** Serves one channel on this stream until either side ends it. */
  accept(stream: Duplex): void {
    this.#counts.accepted++
    if (this.#closed || this.#connections.size >= MAX_CONNECTIONS) {
      stream.on('error', () => undefined)
      stream.destroy()
      return
    }
    this.#connections.add(new Connection(stream, this.#host))
  }

  /** Ends every channel; later streams are turned away. */
  close(): void {
    this.#closed = true
    for (const connection of [...this.#connections]) connection.close()
  }

  /** Ends the current session's channels, as QEMU does when a VM stops or another client takes over. */
  disconnect(): void {
    for (const connection of [...(this.#session?.channels ?? [])]) connection.close()
  }

  /** Breaks every stream at once, without a goodbye. */
  reset(): void {
    for (const connection of [...this.#connections]) connection.destroy()
  }

  /** Makes the RSA pair before the first client asks for it (about 50 ms of CPU). */
  async prepare(): Promise<void> {
    await this.#host.linkKey()
  }

  /** Shows another picture at once; it inherits the keyboard's locks and the pointer. */
  setScreen(screen: Screen): void {
    const has = (bit: number) => (this.#locks & bit) !== 0
    screen.input({ kind: 'locks', scroll: has(keyLock.scroll), num: has(keyLock.num), caps: has(keyLock.caps) })
    this.#pointer = { x: Math.min(this.#pointer.x, screen.width - 1), y: Math.min(this.#pointer.y, screen.height - 1) }
    this.#framebuffer.show(screen)
  }
  get screen(): Screen {
    return this.#framebuffer.screen
  }
  /** The framebuffer as last painted; it is painted only while a display channel is open. */
  get canvas(): Canvas {
    return this.#framebuffer.canvas
  }

  /** Another pointer shape, or none: the guest hides its pointer. */
  setCursor(shape: CursorShape | undefined): void {
    this.#cursor = shape
    for (const cursor of this.#cursors.values()) cursor.changed()
  }

  /** Where the guest's pointer is, surface pixels. */
  get pointer(): { readonly x: number; readonly y: number } {
    return this.#pointer
  }

  /** The guest's agent starts; undefined: it ends. */
  setAgent(agent: VdAgent | undefined): void {
    this.#agent = agent
    this.#session?.channel?.agentChanged()
  }

  /** False: the guest has lost what takes absolute positions, and understands motion only. */
  setAbsolutePointer(has: boolean): void {
    this.#mouseModes = has ? mouseMode.server | mouseMode.client : mouseMode.server
    const session = this.#session
    if (session === undefined) return
    if (!has) session.side.mouseMode = mouseMode.server
    session.channel?.mouseModeChanged()
  }

  /** The guest changes its lock lamps by itself; bits as keyLock. */
  setLocks(bits: number): void {
    this.#locks = bits
    for (const inputs of this.#inputs) inputs.lampsChanged()
  }

  /** Calls `fn` for every input event, after the screen has had it; the result stops that. */
  onInput(fn: (event: InputEvent) => void): () => void {
    this.#listeners.add(fn)
    return () => void this.#listeners.delete(fn)
  }

  get stats(): SpiceStats {
    return { ...this.#counts, open: this.#connections.size }
  }

  #admit(connection: Connection, request: LinkRequest, password: string | undefined): Channel | LinkErrorCode {
    const code = this.#check(request, password)
    if (code !== linkError.ok || !request.channel) {
      this.#counts.refused++
      return code
    }
    this.#counts.linked++
    const session = request.channel === 'main' ? this.#open(connection) : this.#session
    if (!session) return linkError.error
    session.channels.add(connection)
    if (request.channel === 'main') return (session.channel = new MainChannel(connection, session.side))
    if (request.channel === 'display') return new DisplayChannel(connection, this.#framebuffer)
    if (request.channel === 'inputs') {
      const inputs = new InputsChannel(connection, this.#inputSide(session), () => this.#inputs.delete(inputs))
      this.#inputs.add(inputs)
      return inputs
    }
    const cursor = new CursorChannel(connection, this.#cursorSide())
    this.#cursors.set(connection, cursor)
    return cursor
  }

  /** The ticket first: who does not have it learns nothing about sessions and channels. */
  #check(request: LinkRequest, password: string | undefined): LinkErrorCode {
    const ticket = this.#options.ticket()
    if (!ticketAccepted(ticket, password, this.#clock.wall())) return linkError.permissionDenied
    if (!request.channel || request.channelId !== 0) return linkError.channelNotAvailable
    const main = request.channel === 'main'
    if (main ? request.connectionId !== 0 : request.connectionId !== this.#session?.id) return linkError.badConnectionId
    if (!main && this.#taken(request)) return linkError.channelNotAvailable
    if (main && ticket.kind === 'ticket' && ticket.oneTime === true) {
      if (ticket.value === this.#spentTicket) return linkError.permissionDenied
      this.#spentTicket = ticket.value
    }
    return linkError.ok
  }

  #taken(request: LinkRequest): boolean {
    return [...(this.#session?.channels ?? [])].some((c) => c.request?.channel === request.channel)
  }

  #open(main: Connection): Session {
    // One client at a time, as QEMU has it: the newcomer wins.
    this.disconnect()
    const id = randomInt(1, 0x7fffffff)
    const counts = this.#counts
    const agent = () => this.#agent
    const modes = () => this.#mouseModes
    const side: MainSide = {
      get agent() {
        return agent()
      },
      get mouseModes() {
        return modes()
      },
      sessionId: id,
      name: this.#options.name ?? 'simulated',
      uuid: this.#uuid,
      mouseMode: mouseMode.server,
      mmTime: () => this.#clock.wall() % 0x1_0000_0000,
      pong: () => void counts.pongs++,
    }
    this.#session = { id, main, channel: undefined, channels: new Set(), side }
    return this.#session
  }

  #gone(connection: Connection): void {
    this.#connections.delete(connection)
    this.#cursors.delete(connection)
    const session = this.#session
    if (!session) return
    session.channels.delete(connection)
    if (session.main !== connection) return
    this.#session = undefined
    for (const other of [...session.channels]) other.close()
  }

  #cursorSide() {
    const shape = () => this.#cursor
    const pointer = () => this.#pointer
    return {
      get shape() {
        return shape()
      },
      get pointer() {
        return pointer()
      },
    }
  }

  #inputSide(session: Session) {
    const server = this
    return {
      get locks() {
        return server.#locks
      },
      set locks(bits: number) {
        server.#locks = bits
      },
      get size() {
        return server.#framebuffer.canvas
      },
      get pointer() {
        return server.#pointer
      },
      set pointer(at: { readonly x: number; readonly y: number }) {
        server.#pointer = at
      },
      emit(event: InputEvent) {
        server.#counts.inputEvents++
        server.#framebuffer.screen.input(event)
        for (const fn of server.#listeners) fn(event)
      },
      pointerMoved() {
        if (session.side.mouseMode !== mouseMode.server) return
        for (const cursor of server.#cursors.values()) cursor.moved()
      },
    }
  }
}
