// Why: the main channel: session, list of channels, mouse mode, and the agent's messages where the guest has an agent.
import type { Channel, Connection } from './connection.ts'
import { hasCap } from './link.ts'
import { AGENT_TOKENS, channelType, mainCap, mainMsg, mainMsgc, mouseMode, msg } from './protocol.ts'
import type { VdAgent } from './vdagent.ts'
import { WireError, Writer, type Reader } from './wire.ts'

/** What the main channel shares with the others of its session. */
export interface MainSide {
  readonly sessionId: number
  readonly name: string
  /** 16 bytes. */
  readonly uuid: Uint8Array
  mouseMode: number
  /** What the guest can take. */
  readonly mouseModes: number
  /** The guest's agent, if one runs. */
  readonly agent: VdAgent | undefined
  /** Multimedia time, ms; wraps at 2^32. */
  mmTime(): number
  pong(): void
}

const offered = [channelType.display, channelType.inputs, channelType.cursor]

export class MainChannel implements Channel {
  readonly #connection: Connection
  readonly #side: MainSide
  #agent: VdAgent | undefined
  /** Pieces that the client may still send. */
  #tokens = 0
  constructor(connection: Connection, side: MainSide) {
    this.#connection = connection
    this.#side = side
  }

  start(): void {
    this.#agent = this.#side.agent
    this.#tokens = AGENT_TOKENS
    const init = new Writer().u32(this.#side.sessionId).u32(1).u32(this.#side.mouseModes).u32(this.#side.mouseMode)
    init.u32(this.#agent === undefined ? 0 : 1).u32(AGENT_TOKENS).u32(this.#side.mmTime()).u32(0)
    this.#connection.send(mainMsg.init, init.finish())
    if (!hasCap(this.#connection.request?.channelCaps ?? 0, mainCap.nameAndUuid)) return
    const name = Buffer.from(`${this.#side.name}\0`, 'utf8')
    this.#connection.send(mainMsg.name, new Writer().u32(name.length).raw(name).finish())
    this.#connection.send(mainMsg.uuid, this.#side.uuid)
  }

  message(type: number, body: Reader): void {
    switch (type) {
      case mainMsgc.attachChannels: {
        const list = new Writer().u32(offered.length)
        for (const kind of offered) list.u8(kind).u8(0)
        this.#connection.send(mainMsg.channelsList, list.finish())
        this.#connection.send(msg.ping, new Writer().u32(1).u64(BigInt(this.#side.mmTime()) * 1000n).finish())
        return
      }
      case mainMsgc.mouseModeRequest: {
        const wanted = body.u16()
        if (wanted !== mouseMode.server && wanted !== mouseMode.client) throw new WireError(`mouse mode ${wanted}`)
        if ((this.#side.mouseModes & wanted) === 0) return
        this.#side.mouseMode = wanted
        return this.mouseModeChanged()
      }
      case mainMsgc.clientInfo:
        return
      // Without an agent its messages have nowhere to go; a client that sends them all the same is not punished.
      case mainMsgc.agentStart:
        this.#agent?.connect((piece) => this.#connection.send(mainMsg.agentData, piece), body.u32())
        return
      case mainMsgc.agentToken:
        this.#agent?.grant(body.u32())
        return
      case mainMsgc.agentData:
        if (this.#agent === undefined) return
        if (this.#tokens === 0) throw new WireError('agent data without a token')
        // What the agent has taken is given back at once.
        this.#agent.receive(body.bytes(body.remaining))
        this.#connection.send(mainMsg.agentToken, new Writer().u32(1).finish())
        return
      default:
        throw new WireError(`main message ${type}`)
    }
  }

  mouseModeChanged(): void {
    this.#connection.send(mainMsg.mouseMode, new Writer().u16(this.#side.mouseModes).u16(this.#side.mouseMode).finish())
  }

  /** Another agent runs, or none. */
  agentChanged(): void {
    this.#agent?.disconnect()
    this.#agent = this.#side.agent
    this.#tokens = AGENT_TOKENS
    if (this.#agent === undefined) return this.#connection.send(mainMsg.agentDisconnected, new Writer().u32(0).finish())
    if (hasCap(this.#connection.request?.channelCaps ?? 0, mainCap.agentConnectedTokens)) this.#connection.send(mainMsg.agentConnectedTokens, new Writer().u32(AGENT_TOKENS).finish())
    else this.#connection.send(mainMsg.agentConnected)
  }

  closed(): void {
    this.#agent?.disconnect()
  }

  pong(): void {
    this.#side.pong()
  }
}
