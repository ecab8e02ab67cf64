// Why: what JavaScript still reaches is in V8's heap snapshots. A worker has a heap of its own, which the page's snapshot
// does not show, so each worker is asked for its own (DevTools protocol, domains Target and HeapProfiler).
import type { CDPSession, Page } from 'playwright-core'

export interface HeapSnapshot {
  /** "the page" or "the worker NAME". */
  readonly of: string
  /** V8's JSON; its strings are all strings of the heap. */
  readonly snapshot: string
}

/** A debugger's line to one heap. */
interface Line {
  send(method: string, params?: object): Promise<unknown>
  onChunk(fn: (chunk: string) => void): void
}

/** Of the page and of each of its workers, garbage collected. Throws when one of them holds next to nothing. */
export async function heapSnapshots(page: Page): Promise<HeapSnapshot[]> {
  const session = await page.context().newCDPSession(page)
  try {
    const own: Line = {
      send: (method, params) => session.send(method as 'HeapProfiler.enable', params as undefined),
      onChunk: (fn) => { session.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => { fn(chunk) }) },
    }
    const workers = await workerLines(session, page.workers().length)
    const out: HeapSnapshot[] = []
    for (const { of, line } of [{ of: 'the page', line: own }, ...workers]) out.push({ of, snapshot: await take(of, line) })
    return out
  } finally {
    await session.detach()
  }
}

async function take(of: string, line: Line): Promise<string> {
  const chunks: string[] = []
  line.onChunk((chunk) => void chunks.push(chunk))
  await line.send('HeapProfiler.enable')
  await line.send('HeapProfiler.collectGarbage')
  await line.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false })
  const snapshot = chunks.join('')
  const { strings } = JSON.parse(snapshot) as { strings: string[] }
  if (strings.length < 1000) throw new Error(`the heap snapshot of ${of} has only ${strings.length} strings`)
  return snapshot
}

/** Lines to all `count` workers of the page. What is said on them goes through the page's session, wrapped. */
async function workerLines(session: CDPSession, count: number): Promise<{ readonly of: string; readonly line: Line }[]> {
  const found: { readonly of: string; readonly line: Line }[] = []
  const all = Promise.withResolvers<void>()
  session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
    found.push({ of: `the worker ${targetInfo.title || targetInfo.url}`, line: lineTo(session, sessionId) })
    if (found.length === count) all.resolve()
  })
  if (count === 0) all.resolve()
  await session.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false })
  await all.promise
  return found
}

interface Said {
  readonly id?: number
  readonly method?: string
  readonly params?: { readonly chunk?: string }
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

function lineTo(session: CDPSession, sessionId: string): Line {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  let chunk: (chunk: string) => void = () => undefined
  let last = 0
  session.on('Target.receivedMessageFromTarget', (e) => {
    if (e.sessionId !== sessionId) return
    const said = JSON.parse(e.message) as Said
    if (said.method === 'HeapProfiler.addHeapSnapshotChunk') chunk(said.params?.chunk ?? '')
    const asked = waiting.get(said.id ?? -1)
    if (said.error) asked?.reject(new Error(said.error.message))
    else asked?.resolve(said.result)
  })
  return {
    async send(method, params) {
      const id = ++last
      const answer = Promise.withResolvers<unknown>()
      waiting.set(id, answer)
      await session.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method, params }) })
      return await answer.promise
    },
    onChunk(fn) {
      chunk = fn
    },
  }
}
