/// <reference lib="dom" />
// Why: this repository's engine in the bench's page, put together as the console puts it together: the session in the
// page, the display channels in the worker, whose sockets are its own.
import { DisplayProxy } from '../../../renderer/spice/display/proxy.ts'
import { SpiceSession } from '../../../renderer/spice/session/session.ts'
import { minus, type BenchPage, type PageCounts, type Tally } from './contract.ts'
import { LongTasks } from './long-tasks.ts'
import { socketChannel } from './socket-channel.ts'

const longTasks = new LongTasks()
const problems: string[] = []
let proxy: DisplayProxy | undefined
let session: SpiceSession | undefined
let from: Tally | undefined
let since = 0

async function tally(): Promise<Tally> {
  const all = (await proxy?.stats()) ?? []
  const t: Tally = { bytes: 0, draws: 0, pixels: 0, images: {}, presentedFrames: 0, problems: problems.length, decodeMs: 0, presentMs: 0 }
  for (const s of all) {
    t.bytes += s.channel.bytes
    t.draws += s.draws
    t.pixels += s.pixels
    t.presentedFrames += s.presentedFrames
    t.decodeMs += s.decodeMs
    t.presentMs += s.presentMs
    for (const [name, n] of Object.entries(s.images)) t.images[name] = (t.images[name] ?? 0) + n
  }
  for (const c of session?.channels() ?? []) t.bytes += c.stats?.bytes ?? 0
  return t
}

const page: BenchPage = {
  start: (url) => new Promise((resolve) => {
    const canvas = document.createElement('canvas')
    document.body.replaceChildren(canvas)
    const display = new DisplayProxy({
      worker: new Worker('worker.js', { type: 'module', name: 'display' }),
      openPort: () => {
        const { port1, port2 } = new MessageChannel()
        port1.postMessage(url)
        return Promise.resolve(port2)
      },
      onFirstFrame: () => { resolve() },
    })
    proxy = display
    display.show(0, canvas.transferControlToOffscreen())
    session = new SpiceSession({ openChannel: () => Promise.resolve(socketChannel(url)), display })
    const { inputs } = session
    session.on('problem', (p) => { problems.push(`message ${p.messageType}: ${p.detail}`) })
    session.on('closed', (end) => { problems.push(`closed: ${JSON.stringify(end)}`) })
    window.addEventListener('keydown', (e) => {
      e.preventDefault()
      inputs.keyDown(e.code)
    })
    window.addEventListener('keyup', (e) => {
      e.preventDefault()
      inputs.keyUp(e.code)
    })
  }),
  begin: async () => {
    from = await tally()
    since = performance.now()
    longTasks.take()
  },
  end: async (): Promise<PageCounts> => {
    const t = await tally()
    const seconds = (performance.now() - since) / 1000
    return { seconds, ...(from === undefined ? t : minus(t, from)), longTasksMs: longTasks.take(), firstProblems: problems.slice(0, 5) }
  },
  colours: async () => {
    const shot = await proxy?.screenshot(0)
    if (shot === null || shot === undefined) return 0
    const step = Math.max(1, Math.floor(shot.data.length / 211))
    const seen = new Set<number>()
    for (let i = 0; i < shot.data.length; i += step) seen.add(shot.data[i] ?? 0)
    return seen.size
  },
}
Object.assign(globalThis, { bench: page })
