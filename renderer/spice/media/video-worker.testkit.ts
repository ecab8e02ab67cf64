// Why: the display worker as the app has it, on ports that carry bare bytes: for the test of video in a real browser.
import { startDisplayWorker, type WorkerScope } from '../display/worker.ts'
import type { ByteChannel } from '../session/byte-channel.ts'

function bareChannel(port: MessagePort): ByteChannel {
  return {
    send: (bytes) => { port.postMessage(bytes.slice()) },
    onBytes: (fn) => { port.onmessage = (e: MessageEvent<Uint8Array>) => { void fn(e.data) } },
    onClosed: () => undefined,
    close: () => { port.close() },
  }
}

startDisplayWorker(globalThis as unknown as WorkerScope, bareChannel)
