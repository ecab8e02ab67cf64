/// <reference lib="dom" />
// Why: spice-server speaks WebSocket on its own port, so a browser's engine can be measured without a relay between: a
// socket as the byte stream that the engine asks for. A browser's socket has no credit; a busy thread leaves its bytes
// with the kernel, which is what holds the server back here.
import type { ByteChannel } from '../../../renderer/spice/session/byte-channel.ts'

class SocketChannel implements ByteChannel {
  readonly #url: Promise<string>
  #socket: WebSocket | undefined
  #unsent: Uint8Array[] = []
  #early: Uint8Array[] = []
  #bytes: ((bytes: Uint8Array) => void | Promise<void>) | undefined
  #closed: ((reason?: string) => void) | undefined
  #over = false

  constructor(url: Promise<string>) {
    this.#url = url
    void this.#open()
  }

  async #open(): Promise<void> {
    const url = await this.#url
    if (this.#over) return
    const socket = new WebSocket(url, 'binary')
    this.#socket = socket
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => { for (const bytes of this.#unsent.splice(0)) socket.send(bytes as Uint8Array<ArrayBuffer>) }
    socket.onmessage = ({ data }) => {
      const bytes = new Uint8Array(data as ArrayBuffer)
      if (this.#bytes === undefined) this.#early.push(bytes)
      else void this.#bytes(bytes)
    }
    socket.onclose = () => {
      this.#over = true
      this.#closed?.('ended')
    }
  }

  send(bytes: Uint8Array): void {
    if (this.#over) return
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(bytes as Uint8Array<ArrayBuffer>)
    else this.#unsent.push(bytes)
  }

  onBytes(fn: (bytes: Uint8Array) => void | Promise<void>): void {
    this.#bytes = fn
    for (const bytes of this.#early.splice(0)) void fn(bytes)
  }

  onClosed(fn: (reason?: string) => void): void {
    this.#closed = fn
  }

  close(): void {
    this.#over = true
    this.#bytes = undefined
    this.#closed = undefined
    this.#socket?.close()
  }
}

export function socketChannel(url: string): ByteChannel {
  return new SocketChannel(Promise.resolve(url))
}

/** In a worker: the first message on the port is the address. The bytes then come to the worker directly. */
export function addressedChannel(port: MessagePort): ByteChannel {
  const { promise, resolve } = Promise.withResolvers<string>()
  port.onmessage = (e) => {
    resolve(String(e.data))
    port.close()
  }
  return new SocketChannel(promise)
}
