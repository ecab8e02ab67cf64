// Why: the guest agent's messages travel in pieces of 2 KiB inside main-channel messages, and each piece costs a token
// in either direction. This cuts and pays, collects and gives back, in bounded memory, and knows no message by name.
// Layout of a message: VDAgentMessage of `spice/vd_agent.h` (u32 protocol, u32 type, u64 opaque, u32 size, data).
import { AGENT_HEADER_BYTES, AGENT_MAX_DATA, AGENT_PROTOCOL } from '../wire/agent-messages.ts'
import { ByteQueue } from '../wire/byte-queue.ts'
import { MainMsgc } from '../wire/messages.ts'
import { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'

/** Pieces the server may send before we give tokens back, and how many are given back at once. */
export const TOKENS_GRANTED = 32
const TOKENS_BATCH = 16

export interface AgentStreamOptions {
  /** Sends one main-channel message. */
  readonly send: (type: number, body: Uint8Array) => void
  /** Largest message that is kept, either way, bytes; a larger one is stepped over. */
  readonly maxMessage: number
  readonly onMessage: (type: number, body: Reader) => void
  /** A message was stepped over: too large, or not of this protocol. */
  readonly onSkipped: (type: number, size: number) => void
}

export class AgentStream {
  readonly #o: AgentStreamOptions
  readonly #in = new ByteQueue()
  #head: { readonly type: number; readonly size: number } | undefined
  #skip = 0
  #out: Uint8Array[] = []
  #outBytes = 0
  #tokens = 0
  #received = 0
  #connected = false

  constructor(options: AgentStreamOptions) {
    this.#o = options
  }

  get connected(): boolean {
    return this.#connected
  }
  /** Bytes that wait for tokens. */
  get backlog(): number {
    return this.#outBytes
  }

  /** The agent is there and takes messages. @param tokens pieces we may send; undefined: as many as were left */
  start(tokens?: number): void {
    this.#forget()
    if (tokens !== undefined) this.#tokens = tokens
    this.#connected = true
    this.#o.send(MainMsgc.AGENT_START, new Writer(4).u32(TOKENS_GRANTED).finish())
  }

  stop(): void {
    this.#connected = false
    this.#forget()
  }

  /** The server lets us send this many pieces more. */
  addTokens(n: number): void {
    this.#tokens = Math.min(this.#tokens + n, 0xffffffff)
    this.#flush()
  }

  /**
   * Sends one message, or keeps it until there are tokens.
   * @returns false when there is no agent, or more would wait than two messages of the largest size
   */
  send(type: number, data: Uint8Array): boolean {
    if (!this.#connected || data.length > this.#o.maxMessage) return false
    const size = AGENT_HEADER_BYTES + data.length
    if (this.#outBytes + size > 2 * (this.#o.maxMessage + AGENT_HEADER_BYTES)) return false
    const whole = new Writer(size).u32(AGENT_PROTOCOL).u32(type).u64(0n).u32(data.length).raw(data).finish()
    this.#out.push(whole)
    this.#outBytes += whole.length
    this.#flush()
    return true
  }

  /** One MSG_MAIN_AGENT_DATA. */
  receive(bytes: Uint8Array): void {
    if (!this.#connected) return
    if (++this.#received % TOKENS_BATCH === 0) this.#o.send(MainMsgc.AGENT_TOKEN, new Writer(4).u32(TOKENS_BATCH).finish())
    this.#in.push(bytes)
    while (this.#step());
  }

  /** True while there is more to do. */
  #step(): boolean {
    if (this.#skip > 0) {
      const n = Math.min(this.#skip, this.#in.length)
      this.#in.take(n)
      this.#skip -= n
      return n > 0
    }
    const head = this.#head
    if (head === undefined) {
      const bytes = this.#in.take(AGENT_HEADER_BYTES)
      if (bytes === undefined) return false
      const r = new Reader(bytes)
      const protocol = r.u32()
      const type = r.u32()
      r.skip(8)
      const size = r.u32()
      if (protocol === AGENT_PROTOCOL && size <= this.#o.maxMessage) this.#head = { type, size }
      else {
        this.#skip = size
        this.#o.onSkipped(type, size)
      }
      return true
    }
    const data = this.#in.take(head.size)
    if (data === undefined) return false
    this.#head = undefined
    this.#o.onMessage(head.type, new Reader(data))
    return true
  }

  /** One piece a token, and a message's pieces never mixed with another's. */
  #flush(): void {
    while (this.#tokens > 0) {
      const first = this.#out[0]
      if (first === undefined) return
      const piece = first.subarray(0, AGENT_MAX_DATA)
      if (piece.length === first.length) this.#out.shift()
      else this.#out[0] = first.subarray(AGENT_MAX_DATA)
      this.#outBytes -= piece.length
      this.#tokens--
      this.#o.send(MainMsgc.AGENT_DATA, piece)
    }
  }

  #forget(): void {
    this.#in.clear()
    this.#head = undefined
    this.#skip = 0
    this.#out = []
    this.#outBytes = 0
    this.#received = 0
  }
}
