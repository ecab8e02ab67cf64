// Why: the small thing that a window must do for us. Shaped by our needs, not by Electron's API.
import type { EventName, EventPayload, RequestInput, RequestName, RequestOutput } from '../../../shared/ipc/contract.ts'
import type { CloseReason } from '../../../shared/ipc/port-protocol.ts'

export interface ShellClosed {
  readonly why: 'user' | 'crashed' | 'display-gone' | 'shutdown'
  readonly detail: string
}

export interface ShellOptions {
  readonly fullscreen: boolean
  readonly headless: boolean
  /** Initial window size in CSS pixels (headless, or not full screen). */
  readonly width: number
  readonly height: number
}

export interface ShellPort {
  readonly name: 'electron' | 'chromium'
  /** Opens the one window. `attach` is called for the first page and again after each reload or crash recovery. */
  open(attach: (link: RendererLink) => void): Promise<void>
  onClosed(listener: (why: ShellClosed) => void): void
  close(): Promise<void>
}

/** One life of the page. Handlers get parsed input; what they throw as AppError crosses as its UserError. */
export interface RendererLink {
  handle<K extends RequestName>(name: K, fn: (input: RequestInput<K>) => Promise<RequestOutput<K>>): void
  emit<K extends EventName>(name: K, payload: EventPayload<K>): void
  /** Makes a byte channel, sends its port to the page under `nonce` and returns our end. */
  openByteChannel(nonce: string): Promise<ByteChannel>
  onGone(fn: () => void): void
  /** Called for the messages of this life that break the contract, until it is reset; `request` is the name if that is known. */
  onMalformed(fn: (m: { readonly request: RequestName | 'unknown'; readonly count: number }) => void): void
}

/** Ordered, message-preserving, with credit on the way to the page (port-protocol.ts). */
export interface ByteChannel {
  /** Queues bytes for the page. Respect `writable`: the queue is bounded at 64 MiB, then the channel closes as `lost`. */
  send(bytes: Uint8Array): void
  /** Resolves when there is credit to send (at once if there is). */
  writable(): Promise<void>
  onBytes(fn: (bytes: Uint8Array) => void): void
  /** Called once. */
  onClosed(fn: (reason: CloseReason) => void): void
  close(reason: CloseReason): void
}
