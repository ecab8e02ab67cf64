// Why: a test's handle on one scripted server process: its port, its events in order, and "go on".
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { buildSpiceServer } from './build.ts'

export type Compression = 'off' | 'auto_glz' | 'auto_lz' | 'quic' | 'glz' | 'lz' | 'lz4'
export const COMPRESSIONS: readonly Compression[] = ['off', 'auto_glz', 'auto_lz', 'quic', 'glz', 'lz', 'lz4']

export interface ServerOptions {
  readonly compression?: Compression
  readonly jpeg?: 'auto' | 'always' | 'never'
  readonly zlib?: 'auto' | 'always' | 'never'
  readonly video?: 'off' | 'all' | 'filter'
  readonly codecs?: string
  readonly width?: number
  readonly height?: number
  readonly displays?: number
  readonly frames?: number
  readonly seed?: number
  readonly argument?: number
  /** Folder for the oracle files. */
  readonly out: string
  /** Wait for go() after the events client, oracle and done. */
  readonly step?: boolean
  /** Without one the server lets anybody in. */
  readonly ticket?: string
  /** PEM files (RSA key); the server then also has a TLS port. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca: string }
  /** Channels that the server lets in by TLS only, e.g. main, inputs. */
  readonly secureOnly?: readonly string[]
}

/** Bytes sent so far by client port: a client that received as many has everything. */
export type Sent = Readonly<Record<string, number>>

/** How far a scene load-* is. `draws` and `megapixels` were handed to the server, which may drop some. */
export interface Load {
  readonly frames: number
  readonly draws: number
  readonly megapixels: number
  readonly seconds: number
  readonly sent: Sent
}

export type ServerEvent =
  | { readonly event: 'listening'; readonly port: number; readonly tlsPort?: number }
  | { readonly event: 'client' }
  | {
    readonly event: 'oracle'; readonly display: number; readonly surface: number; readonly label: string; readonly format: number
    readonly width: number; readonly height: number; readonly stride: number; readonly file: string; readonly sent: Sent
  }
  | ({ readonly event: 'load' } & Load)
  /** With `argument`, every so many milliseconds. */
  | ({ readonly event: 'sample' } & Load)
  /** Scenes input, input-relative: a byte of a scan code; what the mouse or the tablet was told. */
  | { readonly event: 'key'; readonly byte: number }
  | { readonly event: 'motion' | 'position' | 'wheel' | 'buttons'; readonly x: number; readonly y: number; readonly z: number; readonly buttons: number }
  | { readonly event: 'done'; readonly sent: Sent }

export interface ScriptedServer {
  readonly port: number
  /** With `tls`. */
  readonly tlsPort?: number
  /** Process id, for measuring. */
  readonly pid: number
  /** The next event after "listening"; undefined once the server has ended. */
  next(): Promise<ServerEvent | undefined>
  /** With `step`: lets the scene go on. */
  go(): void
  /** Ends the process and waits for it. What it wrote to stderr. */
  stop(): Promise<string>
}

/** Options as the program's arguments. The ticket goes through stdin. */
export function serverArguments(scene: string, options: ServerOptions): string[] {
  const args: string[] = []
  for (const name of ['compression', 'jpeg', 'zlib', 'video', 'codecs', 'width', 'height', 'displays', 'frames', 'seed', 'argument', 'out'] as const) {
    const value = options[name]
    if (value !== undefined) args.push(`--${name}`, String(value))
  }
  if (options.tls !== undefined) args.push('--tls-cert', options.tls.cert, '--tls-key', options.tls.key, '--tls-ca', options.tls.ca)
  for (const channel of options.secureOnly ?? []) args.push('--secure-only', channel)
  if (options.step === true) args.push('--step')
  if (options.ticket !== undefined) args.push('--ticket-on-stdin')
  return [...args, scene]
}

/** Builds if needed, starts, and waits until it listens on 127.0.0.1. */
export async function startSpiceServer(scene: string, options: ServerOptions): Promise<ScriptedServer> {
  const program = await buildSpiceServer()
  const child = spawn(program, serverArguments(scene, options), { cwd: options.out, stdio: ['pipe', 'pipe', 'pipe'] }) // where a core file would go
  const exited = once(child, 'exit')
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (s: string) => (log = (log + s).slice(-100_000)))
  child.stdin.on('error', () => undefined) // it may end before it has read everything
  if (options.ticket !== undefined) child.stdin.write(`${options.ticket}\n`)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<ServerEvent | undefined> => {
    for (;;) {
      const line = await lines.next()
      if (line.done === true) return undefined
      if (line.value.startsWith('{')) return JSON.parse(line.value) as ServerEvent
    }
  }
  const stop = async (): Promise<string> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await exited
    return log
  }
  const first = await next()
  if (first?.event !== 'listening' || child.pid === undefined) throw new Error(`the SPICE server did not start: ${(await stop()).slice(-800)}`)
  return { port: first.port, ...(first.tlsPort !== undefined && { tlsPort: first.tlsPort }), pid: child.pid, next, go: () => void child.stdin.write('go\n'), stop }
}
