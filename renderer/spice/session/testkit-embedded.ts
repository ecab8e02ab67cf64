// Why: the demo's SPICE server is an independent reading of the protocol, and the session is tried against it. The page's
// compiler knows neither Node nor embedded/, so both are loaded at run time with the few types that are used here.
import type { ChannelOpener } from './byte-channel.ts'

interface NodeDuplex {
  write(bytes: Uint8Array): void
  end(): void
  destroy(): void
  on(event: string, fn: (arg: Uint8Array) => void): void
}
interface Ticket { readonly kind: 'none' | 'ticket'; readonly value?: string }
export interface InputEvent { readonly kind: string; readonly [field: string]: unknown }
export interface EmbeddedAgent {
  readonly heard: readonly number[]
  readonly ready: boolean
  readonly clientOffers: boolean
  copy(text: string, selection?: number): void
  paste(): Promise<string | undefined>
}
export interface EmbeddedAgentOptions {
  readonly lineEnds?: 'lf' | 'crlf'
  readonly onMonitors?: (monitors: readonly { readonly width: number; readonly height: number; readonly x: number; readonly y: number }[]) => boolean
}
export interface EmbeddedServer {
  accept(stream: NodeDuplex): void
  disconnect(): void
  reset(): void
  setCursor(shape: undefined): void
  setAgent(agent: EmbeddedAgent | undefined): void
  setLocks(bits: number): void
  setAbsolutePointer(has: boolean): void
  onInput(fn: (event: InputEvent) => void): () => void
  readonly stats: { readonly linked: number; readonly refused: number; readonly open: number; readonly pongs: number }
  readonly faults: { refuseTicket?: boolean; garbage?: boolean }
}
interface ServerModule { SpiceServer: new (o: { screen: unknown; ticket: () => Ticket; name: string; uuid: string }) => EmbeddedServer }
interface AgentModule { VdAgent: new (o?: EmbeddedAgentOptions) => EmbeddedAgent }
interface ScreenModule { DesktopScreen: new (o: { user: string; host: string; width: number; height: number }) => unknown }
interface StreamModule { duplexPair(): [NodeDuplex, NodeDuplex] }

/** The demo's double of spice-vdagent. */
export async function embeddedAgent(options: EmbeddedAgentOptions = {}): Promise<EmbeddedAgent> {
  const { VdAgent } = (await import(/* @vite-ignore */ new URL('../../../embedded/spice/vdagent.ts', import.meta.url).href)) as AgentModule
  return new VdAgent(options)
}

/** The server, and an opener that cuts what the server says into pieces of these lengths in turn. */
export async function embedded(ticket: Ticket, cuts: () => number): Promise<{ server: EmbeddedServer; openChannel: ChannelOpener; opened: string[]; openStreams: () => number }> {
  const load = (path: string): Promise<unknown> => import(/* @vite-ignore */ new URL(path, import.meta.url).href)
  const { SpiceServer } = (await load('../../../embedded/spice/server.ts')) as ServerModule
  const { DesktopScreen } = (await load('../../../embedded/spice/desktop-screen.ts')) as ScreenModule
  const { duplexPair } = (await import(/* @vite-ignore */ ['node', 'stream'].join(':'))) as StreamModule
  const server = new SpiceServer({ screen: new DesktopScreen({ user: 'Ada', host: 'vm', width: 320, height: 200 }), ticket: () => ticket, name: 'demo', uuid: '00112233-4455-6677-8899-aabbccddeeff' })
  const opened: string[] = []
  let openStreams = 0
  const openChannel: ChannelOpener = (type, id) => {
    opened.push(`${type}.${id}`)
    openStreams++
    const [ours, theirs] = duplexPair()
    server.accept(theirs)
    let gone = false
    const over = (): boolean => {
      const first = !gone
      if (first) openStreams--
      gone = true
      return first
    }
    return Promise.resolve({
      send: (bytes) => { ours.write(bytes) },
      onBytes: (fn) => {
        ours.on('data', (chunk) => {
          for (let at = 0; at < chunk.length && !gone; ) {
            const n = Math.max(1, cuts())
            void fn(Uint8Array.from(chunk.subarray(at, at + n)))
            at += n
          }
        })
      },
      onClosed: (fn) => {
        const end = (): void => { if (over()) fn() }
        ours.on('end', end)
        ours.on('close', end)
        ours.on('error', end)
      },
      close: () => {
        over()
        ours.destroy()
      },
    })
  }
  return { server, openChannel, opened, openStreams: () => openStreams }
}
