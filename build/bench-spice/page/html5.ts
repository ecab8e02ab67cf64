/// <reference lib="dom" />
// Why: spice-html5 in the same browser, unchanged; what it takes and does is seen from outside: its socket, its handler
// of display messages, and the canvas's own methods. The watching costs it a few calls a message.
import { SpiceMainConn } from '@spice-project/spice-html5/src/main.js'
import { SpiceDisplayConn } from '@spice-project/spice-html5/src/display.js'
import { ImageType } from '../../../renderer/spice/wire/enums.ts'
import { minus, type BenchPage, type PageCounts, type Tally } from './contract.ts'
import { LongTasks } from './long-tasks.ts'

const longTasks = new LongTasks()
const problems: string[] = []
const now: Tally = { bytes: 0, draws: 0, pixels: 0, images: {}, presentedFrames: 0, problems: 0, decodeMs: 0, presentMs: 0 }
let from: Tally | undefined
let since = 0
let painted = false
let first: (() => void) | undefined

/** SPICE_MSG_DISPLAY_COPY_BITS, and the draws from FILL to COMPOSITE; COPY is one whose image has a type. */
const COPY_BITS = 104
const FIRST_DRAW = 302
const LAST_DRAW = 318
const DRAW_COPY = 304
const IMAGE_NAMES = new Map<number, string>(Object.entries(ImageType).map(([name, type]) => [type, name]))

function problem(e: unknown): void {
  now.problems++
  if (problems.length < 5) problems.push(e instanceof Error ? `${e.name}: ${e.message}` : String(e))
}
window.addEventListener('error', (e) => { problem(e.error ?? e.message) })

class CountingSocket extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols)
    this.addEventListener('message', (e) => { now.bytes += (e.data as ArrayBuffer).byteLength })
  }
}
globalThis.WebSocket = CountingSocket

/** u32 surface, four i32 of a box (top, left, bottom, right), u8 clip, [u32 n, n boxes], u32 offset of the image, whose ninth byte is its type. */
function look(type: number, data: ArrayBuffer): void {
  const v = new DataView(data)
  now.draws++
  now.pixels += (v.getInt32(12, true) - v.getInt32(4, true)) * (v.getInt32(16, true) - v.getInt32(8, true))
  if (type !== DRAW_COPY) return
  const at = 21 + (v.getUint8(20) === 0 ? 0 : 4 + 16 * v.getUint32(21, true))
  const type8 = v.getUint8(v.getUint32(at, true) + 8)
  const image = IMAGE_NAMES.get(type8) ?? String(type8)
  now.images[image] = (now.images[image] ?? 0) + 1
}

const handle = SpiceDisplayConn.prototype.process_channel_message
SpiceDisplayConn.prototype.process_channel_message = function (this: SpiceDisplayConn, msg: { type: number; data: ArrayBuffer }): boolean {
  if (msg.type === COPY_BITS || (msg.type >= FIRST_DRAW && msg.type <= LAST_DRAW)) look(msg.type, msg.data)
  try {
    return handle.call(this, msg)
  } catch (e) {
    problem(e)
    throw e
  }
}

const context = CanvasRenderingContext2D.prototype
for (const name of ['putImageData', 'drawImage', 'fillRect'] as const) {
  const method = context[name] as (...args: unknown[]) => void
  Object.assign(context, {
    [name](this: CanvasRenderingContext2D, ...args: unknown[]) {
      painted = true
      method.apply(this, args)
    },
  })
}
const frame = (): void => {
  if (painted) {
    now.presentedFrames++
    first?.()
    first = undefined
  }
  painted = false
  requestAnimationFrame(frame)
}
requestAnimationFrame(frame)

const copy = (): Tally => ({ ...now, images: { ...now.images } })

const page: BenchPage = {
  start: (url) => new Promise((resolve) => {
    first = resolve
    for (const id of ['spice-screen', 'message-div']) {
      const div = document.createElement('div')
      div.id = id
      document.body.append(div)
    }
    const main = new SpiceMainConn({ uri: url, password: '', screen_id: 'spice-screen', onerror: problem, onsuccess: () => undefined, onagent: () => undefined })
    Object.assign(globalThis, { main })
  }),
  begin: () => {
    from = copy()
    since = performance.now()
    longTasks.take()
    return Promise.resolve()
  },
  end: (): Promise<PageCounts> => {
    const { decodeMs: _d, presentMs: _p, ...t } = from === undefined ? copy() : minus(copy(), from)
    return Promise.resolve({ seconds: (performance.now() - since) / 1000, ...t, longTasksMs: longTasks.take(), firstProblems: problems })
  },
  colours: () => {
    const canvas = document.querySelector('canvas')
    const c = canvas?.getContext('2d') ?? null
    if (canvas === null || c === null) return Promise.resolve(0)
    const { data } = c.getImageData(0, 0, canvas.width, canvas.height)
    const seen = new Set<number>()
    const step = Math.max(1, Math.floor(data.length / 4 / 211)) * 4
    for (let i = 0; i < data.length; i += step) seen.add((data[i] ?? 0) | ((data[i + 1] ?? 0) << 8) | ((data[i + 2] ?? 0) << 16))
    return Promise.resolve(seen.size)
  },
}
Object.assign(globalThis, { bench: page })
