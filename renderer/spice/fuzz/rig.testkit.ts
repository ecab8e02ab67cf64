// Why: a whole session in one thread, made of the parts that run in the page and in the worker: SpiceSession, the proxy and
// the host of the displays, the playback handler. Scripted servers stand at the other end of every channel.
import type { Surface } from '../canvas/surface.ts'
import { DisplayHost, type DisplayUsage, type HostCodecs } from '../display/host.ts'
import { DisplayProxy, type WorkerLike } from '../display/proxy.ts'
import type { FromWorker, ToWorker } from '../display/protocol.ts'
import type { FrameDecoder } from '../display/streams.ts'
import { playbackChannel } from '../media/playback.ts'
import { MjpegDecoder } from '../media/jpeg.ts'
import type { Picture } from '../pixels.ts'
import { SpiceSession } from '../session/session.ts'
import { localSink } from '../session/sink.ts'
import { plainCipher, ScriptedServer } from '../session/testkit-server.ts'
import { ManualClock, turns } from '../session/testkit.ts'
import type { CompiledDecoders } from '../wasm/decoders.ts'
import { Channel, MainMsg } from '../wire/messages.ts'
import { WireError } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'

export interface RigOptions {
  readonly channels: readonly { readonly type: number; readonly id: number }[]
  readonly jpeg: (bytes: Uint8Array) => Picture
  /** Compiled decoders, for the TypeScript ones. */
  readonly compiled: CompiledDecoders | undefined
  readonly mini: boolean
  /** Announced; small ones, so that limits are met. */
  readonly cachePixels: number
  readonly glzPixels: number
  /** Sound plays, so that frames of streams wait for their time. */
  readonly sound: boolean
  readonly onProblem: (channel: number, messageType: number, detail: string) => void
}

export interface Rig {
  readonly clock: ManualClock
  readonly session: SpiceSession
  /** By type and id, as serverKey() has it. */
  readonly servers: ReadonlyMap<number, ScriptedServer>
  /** Why the session is over; undefined while it lives. */
  readonly ended: () => string | undefined
  readonly usage: () => DisplayUsage
  readonly surface: (display: number, surface: number) => Surface | undefined
  readonly close: () => void
}

export const serverKey = (type: number, id: number): number => (type << 8) | id

/** Plays a codec whose frames lean on each other: takes its turn, makes a picture of a frame's first bytes, or fails. */
class LeaningDecoder implements FrameDecoder {
  async decode(data: Uint8Array): Promise<Picture> {
    await turns(1 + ((data[1] ?? 0) & 3))
    if (((data[0] ?? 0) & 3) === 3) throw new WireError('not a frame')
    const [width, height] = [1 + (data[2] ?? 0), 1 + (data[3] ?? 0)]
    return { width, height, stride: width, alpha: false, data: new Uint32Array(width * height).fill(0xff00ff00) }
  }
  close(): void {
    // Nothing is kept.
  }
}

/** Linked, with every channel open. */
export async function rig(o: RigOptions): Promise<Rig> {
  const clock = new ManualClock()
  const servers = new Map<number, ScriptedServer>()
  const server = (type: number, id: number): ScriptedServer => {
    const made = new ScriptedServer({ mini: o.mini })
    servers.set(serverKey(type, id), made)
    return made
  }
  const codecs: HostCodecs = {
    codecs: [1, 2, 3, 4],
    decoder: (codec) => (codec === 1 ? new MjpegDecoder(o.jpeg) : codec < 5 ? new LeaningDecoder() : undefined),
    jpeg: (bytes) => Promise.resolve().then(() => o.jpeg(bytes)),
    ...(o.compiled && { decoders: o.compiled }),
  }
  const worker: WorkerLike = { postMessage: (m: ToWorker) => { host.receive(m) }, onmessage: null, onerror: null, terminate: () => undefined }
  const host = new DisplayHost({
    post: (message: FromWorker) => { worker.onmessage?.({ data: message } as MessageEvent<FromWorker>) },
    toChannel: (port) => (port as unknown as ScriptedServer).stream,
    toScreen: () => ({ resize: () => undefined, put: () => undefined }),
    requestFrame: (fn) => { clock.after(16, fn) },
    end: () => undefined,
    clock,
    codecs: Promise.resolve(codecs),
    cachePixels: o.cachePixels,
    glzPixels: o.glzPixels,
    cipher: plainCipher,
  })
  const display = new DisplayProxy({ worker, clock, openPort: (type, id) => Promise.resolve(server(type, id) as unknown as MessagePort) })
  for (const { type, id } of o.channels) if (type === Channel.DISPLAY) display.show(id, {} as OffscreenCanvas)
  const quiet = { push: () => undefined, gains: () => undefined, latency: () => undefined, close: () => undefined }
  const open = (type: number, id: number) => Promise.resolve(server(type, id).stream)
  const audio = localSink({ openChannel: open, clock, cipher: plainCipher }, () => playbackChannel({ output: () => quiet, opus: () => ({ decode: () => undefined, close: () => undefined }) }))
  const session = new SpiceSession({ clock, cipher: plainCipher, clipboard: 'both', limits: { clipboardBytes: 10_000 }, probeEvery: 0, openChannel: open, display, audio })
  let ended: string | undefined
  session.on('closed', ({ reason, channel }) => { ended = `channel ${channel.type}.${channel.id}: ${JSON.stringify(reason)}` })
  session.on('channelClosed', ({ reason, channel }) => { ended ??= `channel ${channel.type}.${channel.id}: ${JSON.stringify(reason)}` })
  session.on('problem', ({ channel, messageType, detail }) => { o.onProblem(channel.type, messageType, detail) })
  session.offerClipboard('to give')
  await turns(20)
  const main = servers.get(serverKey(Channel.MAIN, 0))
  main?.tell(MainMsg.INIT, new Writer(32).u32(77).u32(1).u32(3).u32(1).u32(1).u32(10).u32(1000).u32(0))
  const list = new Writer(64).u32(o.channels.length)
  for (const { type, id } of o.channels) list.u8(type).u8(id)
  main?.tell(MainMsg.CHANNELS_LIST, list)
  for (let i = 0; i < 50 && ![...servers.values()].every((s) => s.linked); i++) await turns(10)
  await turns(20)
  if (o.sound) display.sound(40)
  return {
    clock,
    session,
    servers,
    ended: () => ended,
    usage: () => host.usage(),
    surface: (id, surface) => host.surface(id, surface),
    close: () => {
      session.close()
      display.close()
    },
  }
}
