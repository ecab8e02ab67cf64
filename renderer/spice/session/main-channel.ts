// Why: the main channel's own messages as typed events, and its requests as methods. What they mean for the session is
// decided in session.ts. Layouts: SpiceMsgMainInit, SpiceMsgChannels, SpiceMsgMainMouseMode, SpiceMsgMainAgentTokens and
// the migration messages, as spice-server 0.15 writes them; numbers in wire/messages.ts.
import { LinkErr, MouseMode } from '../wire/enums.ts'
import { MainCap, MainMsg, MainMsgc } from '../wire/messages.ts'
import { WireError, type Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'

/** No seamless migration yet: the server then names the other host and ends the session. */
export const MAIN_CAPS: readonly number[] = [MainCap.NAME_AND_UUID, MainCap.AGENT_CONNECTED_TOKENS]

export interface ChannelRef {
  readonly type: number
  readonly id: number
}

export interface MouseModes {
  /** `MouseMode` bits. */
  readonly supported: number
  /** `MouseMode` */
  readonly current: number
}

/** MSG_MAIN_INIT */
export interface MainInit {
  /** Connection id of every further channel. */
  readonly sessionId: number
  readonly mouse: MouseModes
  readonly agentConnected: boolean
  readonly agentTokens: number
  /** Multimedia time, ms; wraps at 2^32. */
  readonly mmTime: number
}

/** Where a VM went, MSG_MAIN_MIGRATE_SWITCH_HOST and _BEGIN. Ports are 0 where there is none. */
export interface MigrationTarget {
  readonly host: string
  readonly port: number
  readonly tlsPort: number
}

export interface MainEvents {
  init(init: MainInit): void
  channels(list: readonly ChannelRef[]): void
  mouse(modes: MouseModes): void
  mmTime(ms: number): void
  /** @param tokens undefined: the server says nothing of tokens */
  agentConnected(tokens: number | undefined): void
  agentDisconnected(): void
  agentData(bytes: Uint8Array): void
  agentTokens(n: number): void
  name(name: string): void
  uuid(uuid: string): void
  migration(step: 'begin' | 'cancel' | 'end' | 'switch-host', target: MigrationTarget | undefined): void
}

/** More channels than any server has: a list beyond it is no list. */
const MAX_LISTED = 256
const MAX_TEXT = 1024

const text = (bytes: Uint8Array): string => {
  const end = bytes.indexOf(0)
  return new TextDecoder().decode(bytes.subarray(0, Math.min(end < 0 ? bytes.length : end, MAX_TEXT)))
}

/** u32 session id, display hint, supported and current mouse mode, agent connected, agent tokens, mm time, RAM hint. */
export function readInit(r: Reader): MainInit {
  const sessionId = r.u32()
  r.skip(4)
  const mouse = { supported: r.u32(), current: r.u32() }
  return { sessionId, mouse, agentConnected: r.u32() !== 0, agentTokens: r.u32(), mmTime: r.u32() }
}

/** u32 count, then u8 type, u8 id each. */
export function readChannels(r: Reader): ChannelRef[] {
  const count = r.count(r.u32(), 2)
  if (count > MAX_LISTED) throw new WireError(`a list of ${count} channels`)
  return Array.from({ length: count }, () => ({ type: r.u8(), id: r.u8() }))
}

/** u16 port, u16 TLS port, u32 host size, u32 host offset (its text ends with a NUL); the certificate's subject follows. */
function readTarget(r: Reader): MigrationTarget {
  const port = r.u16()
  const tlsPort = r.u16()
  const size = r.u32()
  return { port, tlsPort, host: text(r.at(r.u32()).take(size)) }
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')
const uuidText = (bytes: Uint8Array): string => hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')

export class MainChannel {
  readonly #send: (type: number, body?: Uint8Array) => boolean
  readonly #e: MainEvents

  constructor(send: (type: number, body?: Uint8Array) => boolean, events: MainEvents) {
    this.#send = send
    this.#e = events
  }

  /** Asks for the list of channels; may be asked again at any time. */
  attachChannels(): void {
    this.#send(MainMsgc.ATTACH_CHANNELS)
  }
  /** @param mode `MouseMode` */
  requestMouseMode(mode: number): void {
    this.#send(MainMsgc.MOUSE_MODE_REQUEST, new Writer(2).u16(mode).finish())
  }

  message(type: number, r: Reader): void {
    switch (type) {
      case MainMsg.INIT:
        return this.#e.init(readInit(r))
      case MainMsg.CHANNELS_LIST:
        return this.#e.channels(readChannels(r))
      case MainMsg.MOUSE_MODE:
        return this.#e.mouse({ supported: r.u16(), current: r.u16() })
      case MainMsg.MULTI_MEDIA_TIME:
        return this.#e.mmTime(r.u32())
      case MainMsg.AGENT_CONNECTED:
        return this.#e.agentConnected(undefined)
      case MainMsg.AGENT_CONNECTED_TOKENS:
        return this.#e.agentConnected(r.u32())
      case MainMsg.AGENT_DISCONNECTED:
        return this.#e.agentDisconnected()
      case MainMsg.AGENT_DATA:
        return this.#e.agentData(r.take(r.left))
      case MainMsg.AGENT_TOKEN:
        return this.#e.agentTokens(r.u32())
      case MainMsg.NAME:
        return this.#e.name(text(r.take(r.u32())))
      case MainMsg.UUID:
        return this.#e.uuid(uuidText(r.take(16)))
      case MainMsg.MIGRATE_BEGIN:
      case MainMsg.MIGRATE_BEGIN_SEAMLESS:
        // Not asked for by our capabilities; answering keeps the server from waiting for the connection that never comes.
        this.#send(MainMsgc.MIGRATE_CONNECT_ERROR)
        return this.#e.migration('begin', readTarget(r))
      case MainMsg.MIGRATE_CANCEL:
        return this.#e.migration('cancel', undefined)
      case MainMsg.MIGRATE_SWITCH_HOST:
        return this.#e.migration('switch-host', readTarget(r))
      case MainMsg.MIGRATE_END:
        return this.#e.migration('end', undefined)
      default:
        throw new WireError(`unknown main message ${type}`)
    }
  }
}

/** The mouse mode to ask for, if any: absolute positions wherever the guest can take them. */
export function betterMouseMode(modes: MouseModes, wanted: number = MouseMode.CLIENT): number | undefined {
  return (modes.supported & wanted) !== 0 && modes.current !== wanted ? wanted : undefined
}

/** Whether a goodbye with this `LinkErr` code is an orderly one. */
export const isOrderly = (code: number): boolean => code === LinkErr.OK
