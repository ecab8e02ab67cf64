// Why: the page that the shell contract suite drives. One text for all shells: a real browser loads it as a script, the
// memory shell runs it on its fake window. Test code only.
import { MAX_PIECE, PORT_MESSAGE } from '../../shared/ipc/port-protocol.ts'

/** Byte `i` of every test stream. */
export const patternByte = (i: number): number => (i * 31 + (i >>> 8) * 7 + (i >>> 16)) & 255

export function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = patternByte(i)
  return bytes
}

/** What the page tells of one port. `good`: every byte was the pattern's at its place. */
export interface PortReport {
  readonly pieces: number
  readonly bytes: number
  readonly largest: number
  readonly good: boolean
  readonly closed: string | null
}

/** Defines window.testPage; run with `window` in scope. */
export const CONTRACT_PAGE = String.raw`(() => {
  'use strict'
  const byteAt = (i) => (i * 31 + (i >>> 8) * 7 + (i >>> 16)) & 255
  const ports = new Map()
  const events = []
  window.latchkey.subscribe((name, payload) => events.push([name, payload]))
  window.addEventListener('message', (e) => {
    if (!e.data || e.data.type !== ${JSON.stringify(PORT_MESSAGE)} || e.origin !== window.location.origin) return
    const port = e.ports[0]
    const state = { port, pieces: 0, bytes: 0, largest: 0, good: true, closed: null, ack: true }
    ports.set(e.data.nonce, state)
    port.onmessage = ({ data }) => {
      if (!(data instanceof ArrayBuffer)) { state.closed = data.reason; return }
      const bytes = new Uint8Array(data)
      for (let i = 0; i < bytes.length; i++) if (bytes[i] !== byteAt(state.bytes + i)) state.good = false
      state.pieces++
      state.bytes += bytes.length
      state.largest = Math.max(state.largest, bytes.length)
      if (state.ack) port.postMessage({ t: 'ack', n: 1 })
    }
  })
  const at = (nonce) => ports.get(nonce).port
  window.testPage = {
    request: (name, input) => window.latchkey.request(name, input),
    requestMany: (name, inputs) => Promise.all(inputs.map((input) => window.latchkey.request(name, input))),
    events: () => events,
    has: (nonce) => ports.has(nonce),
    report: (nonce) => { const { port, ack, ...rest } = ports.get(nonce); return rest },
    setAck: (nonce, on) => { ports.get(nonce).ack = on },
    ack: (nonce, n) => at(nonce).postMessage({ t: 'ack', n }),
    close: (nonce) => at(nonce).postMessage({ t: 'close' }),
    sendBytes: (nonce, total) => {
      for (let from = 0; from < total; from += ${MAX_PIECE}) {
        const bytes = new Uint8Array(Math.min(${MAX_PIECE}, total - from))
        for (let i = 0; i < bytes.length; i++) bytes[i] = byteAt(from + i)
        at(nonce).postMessage(bytes.buffer)
      }
    },
    sendOversize: (nonce) => at(nonce).postMessage(new ArrayBuffer(${MAX_PIECE} + 1)),
    sendNonsense: (nonce) => at(nonce).postMessage({ t: 'give-me', what: 'everything' }),
  }
})()`
