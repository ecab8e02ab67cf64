// Why: the engine dials nothing. Whoever opens a session hands it streams of this shape: a MessagePort of the shell, a
// WebSocket, a test's pair.

/** One ordered byte stream, for one SPICE channel. */
export interface ByteChannel {
  /** The bytes belong to the channel from here on. After the end it is ignored. */
  send(bytes: Uint8Array): void
  /**
   * Called with every piece that arrives; the piece belongs to the listener. A promise means "not consumed until this
   * resolves": a stream with flow control gives its credit back then. Bytes that came before are not lost.
   */
  onBytes(fn: (bytes: Uint8Array) => void | Promise<void>): void
  /** Called once, when the other side or the transport ended it; not after close(). `reason`: words for a log. */
  onClosed(fn: (reason?: string) => void): void
  /** Ends it and forgets the listeners. May be called twice. */
  close(): void
}

/** @param type SPICE channel type (`Channel` in wire/messages.ts) @param id channel id, 0 to 255 */
export type ChannelOpener = (type: number, id: number) => Promise<ByteChannel>
