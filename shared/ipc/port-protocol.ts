// Why: the messages on the MessagePort of one byte channel, the same in both shells, so that the renderer has
// one implementation and a later SPICE engine can take the port into a worker.
//
// main → page:  ArrayBuffer (bytes, ≤ MAX_PIECE)  |  { t: 'closed', reason }
// page → main:  ArrayBuffer (bytes, ≤ MAX_PIECE; copied, never transferred: Electron's main side gets null)  |  { t: 'ack', n }  |  { t: 'close' }
//
// Credit: main keeps at most CREDIT_WINDOW unacknowledged pieces under way; the page acknowledges each piece once
// it has CONSUMED it. Port delivery: window.postMessage({ type: PORT_MESSAGE, nonce }, origin, [port]).

/** Largest piece either side puts into one message, bytes. */
export const MAX_PIECE = 65536
/** Unacknowledged main → page pieces (measured in architecture.md §2.9: bounds memory, keeps the pipe full). */
export const CREDIT_WINDOW = 16
/** `type` of the window message that carries a port. */
export const PORT_MESSAGE = 'latchkey.port'

export type CloseReason = 'ended' | 'lost' | 'refused' | 'ticket-refused' | 'timeout' | 'closed-by-page' | 'shutdown'
export type PortControlFromMain = { readonly t: 'closed'; readonly reason: CloseReason }
export type PortControlFromPage = { readonly t: 'ack'; readonly n: number } | { readonly t: 'close' }
