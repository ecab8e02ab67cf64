// Why: in the kiosk without Electron, a channel's bytes go to the page as base64 through the debugging pipe; how much that
// carries bounds everything else there, so it has a row of its own.
import type { ChromiumShell } from '../../electron/shells/chromium/shell.ts'
import { installedBrowser, npmBrowser, testAssets, testShell } from '../../electron/shells/chromium/real-browser.testkit.ts'
import type { ByteChannel, RendererLink } from '../../electron/core/ports/shell.ts'
import { MAX_PIECE, PORT_MESSAGE } from '../../shared/ipc/port-protocol.ts'
import { within } from './processes.ts'

const NONCE = 'bench-nonce-0001'
/** As the console does: takes each piece and gives its credit back. */
const SCRIPT = `window.addEventListener('message', (e) => {
  if (e.data.type !== ${JSON.stringify(PORT_MESSAGE)}) return
  const port = e.ports[0]
  port.onmessage = () => port.postMessage({ t: 'ack', n: 1 })
})
window.ready = true`

async function pump(channel: ByteChannel, seconds: number): Promise<number> {
  const piece = new Uint8Array(MAX_PIECE).map((_, i) => (i * 2654435761) >>> 24)
  const start = performance.now()
  let bytes = 0
  let open = true
  channel.onClosed(() => { open = false })
  while (open && performance.now() - start < seconds * 1000) {
    await channel.writable()
    channel.send(piece)
    bytes += piece.length
  }
  await channel.writable()
  if (!open) throw new Error('the channel closed')
  return bytes / ((performance.now() - start) / 1000) / 1024 / 1024
}

/** MiB a second from the main process to the page, on one channel. */
export async function shellPipeMiBps(seconds: number): Promise<number> {
  const browser = (await installedBrowser()) ?? (await npmBrowser())
  const shell: ChromiumShell = testShell(browser.executable, testAssets(SCRIPT))
  try {
    const { promise, resolve } = Promise.withResolvers<RendererLink>()
    await within(30_000, 'the shell', shell.open(resolve))
    // A port that is offered before anybody listens is lost.
    await shell.page.waitForFunction(() => 'ready' in globalThis)
    const channel = await within(10_000, 'the channel', (await promise).openByteChannel(NONCE))
    return Math.round((await within(seconds * 1000 + 20_000, 'the pipe', pump(channel, seconds))) * 10) / 10
  } finally {
    await shell.close()
    await browser.remove()
  }
}
