// Why: the guest's agent as a double that counts tokens as the server does and puts our pieces together again. Written
// against `spice/vd_agent.h`, not against AgentStream.
import { expect } from 'vitest'
import { AGENT_MAX_DATA, AgentCap, AgentMsg, ClipboardType } from '../wire/agent-messages.ts'
import { ByteQueue } from '../wire/byte-queue.ts'
import { MainMsgc } from '../wire/messages.ts'
import { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { Agent } from './agent.ts'
import { TOKENS_GRANTED } from './agent-stream.ts'
import type { ClipboardExcess, ClipboardPolicy } from './clipboard.ts'
import { capabilityWords } from './link.ts'
import { ManualClock } from './testkit.ts'

export interface Told { readonly type: number; readonly data: number[] }
export const ALL_CAPS = Object.values(AgentCap)
/** What spice-vdagent of Debian tells. */
export const LINUX_CAPS = [AgentCap.MONITORS_CONFIG, AgentCap.REPLY, AgentCap.CLIPBOARD_BY_DEMAND, AgentCap.CLIPBOARD_SELECTION, AgentCap.SPARSE_MONITORS_CONFIG, AgentCap.GUEST_LINEEND_LF, AgentCap.MONITORS_CONFIG_POSITION, AgentCap.CLIPBOARD_NO_RELEASE_ON_REGRAB, AgentCap.CLIPBOARD_GRAB_SERIAL]

/** The guest's side: counts tokens as a server does, and puts the pieces together. */
export class Guest {
  readonly clock = new ManualClock()
  readonly told: Told[] = []
  readonly states: (boolean | undefined)[] = []
  readonly texts: string[] = []
  readonly excesses: ClipboardExcess[] = []
  readonly lost: number[] = []
  refused = 0
  starts = 0
  grantedBack = 0
  /** Pieces the client has sent and may still send. */
  pieces = 0
  tokens = 0
  readonly agent: Agent
  readonly #queue = new ByteQueue()

  constructor(policy: ClipboardPolicy = 'both', clipboardBytes = 1 << 20) {
    this.agent = new Agent(
      { send: (type, body) => { this.#main(type, body) }, clock: this.clock, policy, clipboardBytes },
      {
        agent: (caps) => { this.states.push(caps?.has(AgentCap.MONITORS_CONFIG)) },
        clipboard: (text) => { this.texts.push(text) },
        clipboardTooLarge: (excess) => { this.excesses.push(excess) },
        monitorsRefused: () => { this.refused++ },
        lost: (type) => { this.lost.push(type) },
      },
    )
  }

  connect(caps: readonly number[] = LINUX_CAPS, tokens = 1_000_000): this {
    this.tokens = tokens
    this.agent.connected(tokens)
    this.say(AgentMsg.ANNOUNCE_CAPABILITIES, capabilityWords(caps).reduce((w, word) => w.u32(word), new Writer().u32(0)).finish())
    return this
  }
  give(n: number): void {
    this.tokens += n
    this.agent.tokens(n)
  }
  frame(type: number, data: Uint8Array, protocol = 1): Uint8Array {
    return new Writer(20 + data.length).u32(protocol).u32(type).u64(0n).u32(data.length).raw(data).finish()
  }
  say(type: number, data: Uint8Array | Writer = new Uint8Array(0)): void {
    this.sayBytes(this.frame(type, data instanceof Writer ? data.finish() : data))
  }
  sayBytes(bytes: Uint8Array, cuts: readonly number[] = [AGENT_MAX_DATA]): void {
    for (let at = 0, i = 0; at < bytes.length; i++) {
      const n = Math.max(1, cuts[i % cuts.length] ?? AGENT_MAX_DATA)
      this.agent.data(bytes.subarray(at, at + n))
      at += n
    }
  }
  last(type: number): number[] | undefined {
    return this.told.findLast((t) => t.type === type)?.data
  }
  count(type: number): number {
    return this.told.filter((t) => t.type === type).length
  }

  #main(type: number, body: Uint8Array): void {
    if (type === MainMsgc.AGENT_START) {
      this.starts++
      expect(new Reader(body).u32()).toBe(TOKENS_GRANTED)
      this.#queue.clear()
    } else if (type === MainMsgc.AGENT_TOKEN) this.grantedBack += new Reader(body).u32()
    else if (type === MainMsgc.AGENT_DATA) {
      expect(body.length).toBeLessThanOrEqual(AGENT_MAX_DATA)
      expect(--this.tokens).toBeGreaterThanOrEqual(0)
      this.pieces++
      this.#queue.push(body.slice())
      this.#drain()
    } else throw new Error(`message ${type}`)
  }

  #head: { readonly type: number; readonly size: number } | undefined
  #drain(): void {
    for (;;) {
      if (this.#head === undefined) {
        const bytes = this.#queue.take(20)
        if (bytes === undefined) return
        const r = new Reader(bytes)
        expect(r.u32()).toBe(1)
        const type = r.u32()
        r.skip(8)
        this.#head = { type, size: r.u32() }
      }
      const data = this.#queue.take(this.#head.size)
      if (data === undefined) return
      this.told.push({ type: this.#head.type, data: [...data] })
      this.#head = undefined
    }
  }
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
export const clip = (text: string): Writer => new Writer().u32(0).u32(ClipboardType.UTF8_TEXT).raw(utf8(text))
export const grab = (serial: number, ...types: number[]): Writer => types.reduce((w, t) => w.u32(t), new Writer().u32(0).u32(serial))
export const request = (type: number = ClipboardType.UTF8_TEXT, selection = 0): Writer => new Writer().u8(selection).zeros(3).u32(type)
export const sentText = (data: number[] | undefined): string => new TextDecoder().decode(Uint8Array.from(data ?? []).subarray(8))
