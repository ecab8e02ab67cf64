// Why: the main channel: session, list of channels, mouse mode. There is no vdagent in the simulated guest, and the
// client is told so.
import type { Channel, Connection } from './connection.ts'
import { hasCap } from './link.ts'
import { channelType, mainCap, mainMsg, mainMsgc, mouseMode, msg } from './protocol.ts'
import { WireError, Writer, type Reader } from './wire.ts'

/** What the main channel shares with the others of its session. */
export interface MainSide {
  readonly sessionId: number
  readonly name: string
  /** 16 bytes. */
  readonly uuid: Uint8Array
  mouseMode: number
  /** Multimedia time, ms; wraps at 2^32. */
  mmTime(): number
  pong(): void
}

const SUPPORTED = mouseMode.server | mouseMode.client
const offered = [channelType.display, channelType.inputs, channelType.cursor]

export class MainChannel implements Channel {
  readonly #connection: Connection
  readonly #side: MainSide
  constructor(connection: Connection, side: MainSide) {
    this.#connection = connection
    this.#side = side
  }

  start(): void {
    const init = new Writer().u32(this.#side.sessionId).u32(1).u32(SUPPORTED).u32(this.#side.mouseMode)
    init.u32(0).u32(0).u32(this.#side.mmTime()).u32(0)
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
        this.#side.mouseMode = wanted
        this.#connection.send(mainMsg.mouseMode, new Writer().u16(SUPPORTED).u16(wanted).finish())
        return
      }
      case mainMsgc.clientInfo:
      // Without an agent its messages have nowhere to go; a client that sends them all the same is not punished.
      case mainMsgc.agentStart:
      case mainMsgc.agentData:
      case mainMsgc.agentToken:
        return
      default:
        throw new WireError(`main message ${type}`)
    }
  }

  pong(): void {
    this.#side.pong()
  }
}
