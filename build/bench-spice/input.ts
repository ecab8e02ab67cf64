// Why: what a person feels is the time from a key to its pixel. Both clients get the same real X key event on the same
// virtual display, and both are done when the guest's corner has changed in the display's own memory: the path through
// toolkit or browser, socket, server, decoder, presenter and X is in it, for either.
import { closeSync, openSync, readSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { startSpiceServer, type ScriptedServer } from '../../e2e/spice-server/server.ts'
import type { ClientName } from './args.ts'
import { BenchBrowser, BrowserClient } from './browser.ts'
import type { Client, RunningClient } from './client.ts'
import { quantile } from './result.ts'
import { end, findProgram, VirtualDisplay, ViewerClient, viewerMissing } from './viewer.ts'

export interface Spread {
  readonly medianMs: number
  readonly p95Ms: number
  readonly leastMs: number
}

export interface InputResult {
  /** From the writing of xdotool's command to the pixel. Apart, because spice-gtk holds a press back for 100 ms, in case the release follows. */
  readonly press: Spread
  readonly release: Spread
  readonly keys: number
  /** Changes that did not come in a second. */
  readonly missed: number
}
export type InputReport = Partial<Record<ClientName, InputResult | { readonly failed: string }>>

/** The guest repaints (0, 0) to (64, 64) for each key byte; a point in the middle of it, whatever else lies over an edge. */
const [X, Y] = [32, 32]
const WIDTH = 1920
const LIMIT_MS = 1000

/** One pixel of the X server's own memory: an XWD file, whose header tells its length and that of the colour map (12 bytes an entry). */
class PixelProbe {
  readonly #fd: number
  readonly #at: number
  readonly #pixel = Buffer.alloc(4)

  constructor(file: string) {
    this.#fd = openSync(file, 'r')
    const header = Buffer.alloc(100)
    readSync(this.#fd, header, 0, 100, 0)
    this.#at = header.readUInt32BE(0) + 12 * header.readUInt32BE(76) + header.readUInt32BE(48) * Y + 4 * X
    if (header.readUInt32BE(16) !== WIDTH) throw new Error('the frame buffer is not of the display’s size')
  }

  read(): number {
    readSync(this.#fd, this.#pixel, 0, 4, this.#at)
    return this.#pixel.readUInt32LE(0) & 0xffffff
  }

  close(): void {
    closeSync(this.#fd)
  }
}

const tenth = (n: number): number => Math.round(n * 10) / 10
const spread = (ms: readonly number[]): Spread => ({ medianMs: tenth(quantile(ms, 0.5)), p95Ms: tenth(quantile(ms, 0.95)), leastMs: tenth(quantile(ms, 0)) })

/** Waits until the pixel is another one; ms since `start`, or undefined. Gives way often: this machine may have two cores. */
async function change(probe: PixelProbe, was: number, start: number): Promise<number | undefined> {
  while (performance.now() - start < LIMIT_MS) {
    if (probe.read() !== was) return performance.now() - start
    await sleep(0)
  }
  return undefined
}

async function measure(display: VirtualDisplay, server: ScriptedServer, running: RunningClient, keys: number): Promise<InputResult> {
  const probe = new PixelProbe(display.frameBuffer)
  // One xdotool for all keys, so that no process starts inside a measurement.
  const typist = spawn('xdotool', ['-'], { env: display.env, stdio: ['pipe', 'ignore', 'ignore'] })
  const bytes: number[] = []
  void (async () => { for (let e = await server.next(); e !== undefined; e = await server.next()) if (e.event === 'key') bytes.push(e.byte) })()
  const press = (): void => void typist.stdin.write('mousemove 960 540 click 1 key --delay 0 a\n')
  try {
    // Until keys arrive: the client has its focus and its picture.
    for (let i = 0; bytes.length === 0; i++) {
      if (i > 60) throw new Error('no key reached the guest')
      press()
      await sleep(250)
    }
    await sleep(500)
    const took = { keydown: [] as number[], keyup: [] as number[] }
    for (let i = 0; i < keys; i++) {
      for (const command of ['keydown', 'keyup'] as const) {
        const was = probe.read()
        const start = performance.now()
        typist.stdin.write(`${command} --delay 0 a\n`)
        const ms = await change(probe, was, start)
        if (ms !== undefined) took[command].push(ms)
        // Not in step with frames.
        await sleep(60 + (i * 7) % 40)
      }
    }
    return { press: spread(took.keydown), release: spread(took.keyup), keys, missed: 2 * keys - took.keydown.length - took.keyup.length }
  } finally {
    probe.close()
    await end(typist)
    await running.stop()
  }
}

async function one(display: VirtualDisplay, client: Client, keys: number): Promise<InputResult | { readonly failed: string }> {
  const server = await startSpiceServer('input', { compression: 'off', width: 1920, height: 1080, frames: 1_000_000, out: tmpdir() })
  try {
    const running = await client.start(server.port)
    await sleep(2000)
    return await measure(display, server, running, keys)
  } catch (e) {
    return { failed: e instanceof Error ? e.message : String(e) }
  } finally {
    await server.stop()
  }
}

/** Both clients in a window on the same kind of display. @param keys presses; each is measured down and up */
export async function inputToPixel(clients: readonly ClientName[], keys: number): Promise<InputReport> {
  const missing = findProgram('xdotool') === undefined ? 'input needs: apt-get install xdotool' : viewerMissing()
  if (missing !== undefined) return { engine: { failed: missing } }
  const report: Partial<Record<ClientName, InputResult | { readonly failed: string }>> = {}
  for (const name of clients) {
    if (name === 'spice-html5') continue // its keys go another way (key codes of the page's elements), and it is no target
    const display = await VirtualDisplay.start()
    const client = name === 'engine' ? new BrowserClient(await BenchBrowser.prepare({ display: display.name }), 'engine') : new ViewerClient(display)
    report[name] = await one(display, client, keys)
    await client.close()
    if (name === 'engine') await display.close()
  }
  return report
}
