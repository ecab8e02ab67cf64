// Why: one recording: a scene, a server with settings, the recorder, and the oracle pictures put where they belong.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serverVersion } from './build.ts'
import { Channel, RecordingClient } from './recorder.ts'
import { startSpiceServer } from './server.ts'
import type { ServerEvent, ServerOptions } from './server.ts'
import { pixelBytes } from './spcap.ts'
import type { OracleRecord, Spcap } from './spcap.ts'

/** SPICE_DISPLAY_CAP_*: sized streams, monitors, composite, A8 surfaces, stream reports, LZ4, preferred compression,
 *  several codecs, MJPEG. */
export const DISPLAY_CAPABILITIES: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 8, 9]
/** SPICE_PLAYBACK_CAP_VOLUME, _LATENCY, _OPUS */
const PLAYBACK_CAPABILITIES: readonly number[] = [1, 2, 3]

const LIMIT_MS = 120_000

export interface RecordOptions extends Omit<ServerOptions, 'out' | 'step'> {
  readonly displayCapabilities?: readonly number[]
  /** Pixels; 16 Mi if not given. */
  readonly pixmapCache?: number
  /** Pixels; 8 Mi if not given. */
  readonly glzWindow?: number
  /** What the client says instead of the ticket. */
  readonly wrongTicket?: string
  /** Told of every event of the server. */
  readonly onEvent?: (event: ServerEvent) => void
}

/** Records one scene from a server of its own. */
export async function record(scene: string, options: RecordOptions): Promise<Spcap> {
  const { displayCapabilities = DISPLAY_CAPABILITIES, pixmapCache = 16 << 20, glzWindow = 8 << 20, onEvent, wrongTicket, ...forServer } = options
  const { ticket: _ticket, ...told } = forServer
  const settings = Object.fromEntries(Object.entries(told).map(([k, v]) => [k, String(v)]))
  const capabilities = { [Channel.MAIN]: [2], [Channel.DISPLAY]: displayCapabilities, [Channel.INPUTS]: [], [Channel.CURSOR]: [], [Channel.PLAYBACK]: PLAYBACK_CAPABILITIES }
  const out = mkdtempSync(join(tmpdir(), 'latchkey-spice-'))
  const server = await startSpiceServer(scene, { ...forServer, out, step: true })
  const client = new RecordingClient({ port: server.port, capabilities, pixmapCache, glzWindow, ...(options.ticket === undefined ? {} : { ticket: wrongTicket ?? options.ticket }) })
  // A scene that hangs becomes one that ended.
  const limit = setTimeout(() => void server.stop(), LIMIT_MS)
  try {
    await client.connect([Channel.DISPLAY, Channel.INPUTS, Channel.CURSOR, Channel.PLAYBACK])
    let event = await server.next()
    for (; event?.event !== 'done'; event = await server.next()) {
      if (event === undefined) throw new Error(`the server ended in the middle of ${scene}`)
      if (event.event === 'oracle') {
        await client.caughtUp(event.sent)
        client.records.push(readOracle(event))
      }
      onEvent?.(event)
      if (event.event === 'client' || event.event === 'oracle') server.go()
    }
    await client.caughtUp(event.sent)
    return {
      header: { scene, settings, capabilities, pixmapCache, glzWindow, server: await serverVersion() },
      records: client.records,
    }
  } catch (e) {
    const log = await server.stop()
    throw new Error(`${scene} ${JSON.stringify(settings)}: ${e instanceof Error ? e.message : String(e)}; ${log.trim().slice(-1500)}`, { cause: e })
  } finally {
    clearTimeout(limit)
    client.close()
    await server.stop()
    rmSync(out, { recursive: true })
  }
}

/** The server's file has the rows of its memory, padded; the record has them without. */
export function readOracle(event: Extract<ServerEvent, { event: 'oracle' }>): OracleRecord {
  const { display, surface, label, format, width, height, stride } = event
  const raw = readFileSync(event.file)
  const row = width * pixelBytes(format)
  const bytes = new Uint8Array(row * height)
  for (let y = 0; y < height; y++) bytes.set(raw.subarray(y * stride, y * stride + row), y * row)
  // The unused byte of a pixel without alpha is whatever the last operation left there.
  if (format === 32) for (let i = 3; i < bytes.length; i += 4) bytes[i] = 0
  return { kind: 4, channelType: 2, channelId: display, display, surface, label, format, width, height, bytes }
}
