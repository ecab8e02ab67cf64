// Why: the page's half of the contract. What comes from the other side is parsed again here: a page that trusts its
// messages is a page that one bug on the other side can confuse.
import { contract, type EventName, type EventPayload, type Reply, type RequestInput, type RequestName, type RequestOutput } from '../shared/ipc/contract.ts'
import type { LatchkeyBridge } from '../shared/ipc/bridge.ts'
import { PORT_MESSAGE } from '../shared/ipc/port-protocol.ts'
import { UserError } from '../shared/view/view-state.ts'

/** A refused request, as data. */
export class RequestError extends Error {
  readonly error: UserError
  constructor(error: UserError) {
    super(error.code)
    this.name = 'RequestError'
    this.error = error
  }
}

const malformed: UserError = { code: 'ipc.malformed', params: {}, traceId: '' }

/** Ports that arrive before anybody asked are kept; more than this many mean that something is wrong. */
const MAX_WAITING_PORTS = 32

export interface Bridge {
  /** Throws RequestError. */
  request<K extends RequestName>(name: K, input: RequestInput<K>): Promise<RequestOutput<K>>
  subscribe<K extends EventName>(name: K, listener: (payload: EventPayload<K>) => void): () => void
  /** Resolves to the port of one byte channel. Throws RequestError. */
  openChannel(link: RequestInput<'spice.open'>['link'], channel: number, id: number): Promise<MessagePort>
  /** Resolves to the port that main sends under this nonce; for answers that offer one. */
  port(nonce: string): Promise<MessagePort>
}

declare global {
  interface Window { readonly latchkey?: LatchkeyBridge }
}

export function createBridge(win: Window, raw: LatchkeyBridge): Bridge {
  const ports = portsByNonce(win)

  const request = async <K extends RequestName>(name: K, input: RequestInput<K>): Promise<RequestOutput<K>> => {
    const checked = contract.requests[name].input.safeParse(input)
    if (!checked.success) throw new RequestError(malformed)
    const reply = parseReply(await raw.request(name, checked.data))
    if (!reply.ok) throw new RequestError(reply.error)
    const output = contract.requests[name].output.safeParse(reply.value)
    if (!output.success) throw new RequestError(malformed)
    return output.data as RequestOutput<K>
  }

  return {
    request,
    subscribe: (name, listener) =>
      raw.subscribe((event, payload) => {
        if (event !== name) return
        const parsed = contract.events[name].safeParse(payload)
        if (parsed.success) listener(parsed.data as EventPayload<typeof name>)
        else console.warn(`event ${name} dropped: not in the agreed form`)
      }),
    openChannel: async (link, channel, id) => {
      const { nonce } = await request('spice.open', { link, channel, id })
      return ports.take(nonce)
    },
    port: (nonce) => ports.take(nonce),
  }
}

function parseReply(reply: unknown): Reply & ({ ok: true } | { ok: false }) {
  if (typeof reply === 'object' && reply !== null && 'ok' in reply) {
    if (reply.ok === true) return { ok: true, value: 'value' in reply ? reply.value : undefined }
    const error = UserError.safeParse('error' in reply ? reply.error : undefined)
    if (error.success) return { ok: false, error: error.data }
  }
  return { ok: false, error: malformed }
}

/** Matches window messages that carry a port with those who wait for its nonce; either may come first. */
function portsByNonce(win: Window): { take(nonce: string): Promise<MessagePort> } {
  const arrived = new Map<string, MessagePort>()
  const awaited = new Map<string, (port: MessagePort) => void>()
  win.addEventListener('message', (e: MessageEvent<unknown>) => {
    // Only this window itself posts ports (the preload and the injected script run in it); frames are not allowed.
    if (e.source !== win || e.origin !== win.location.origin) return
    const data = e.data
    if (typeof data !== 'object' || data === null || !('type' in data) || data.type !== PORT_MESSAGE) return
    const port = e.ports[0]
    if (port === undefined || !('nonce' in data) || typeof data.nonce !== 'string') return
    const waiting = awaited.get(data.nonce)
    if (waiting !== undefined) {
      awaited.delete(data.nonce)
      waiting(port)
    } else if (arrived.size < MAX_WAITING_PORTS) {
      arrived.set(data.nonce, port)
    } else {
      port.close()
    }
  })
  return {
    take: (nonce) => {
      const port = arrived.get(nonce)
      if (port !== undefined) {
        arrived.delete(nonce)
        return Promise.resolve(port)
      }
      return new Promise((resolve) => { awaited.set(nonce, resolve) })
    },
  }
}
