// Why: a small SSH client for the tests of the double (ssh2's own, unadorned), so that they don't lean on the product's
// adapter, which is tested against this double in turn. Test code only.
import ssh2, { type Client, type ClientChannel, type ConnectConfig } from 'ssh2'
import { duplexPair, type Duplex } from 'node:stream'
import type { EmbeddedHypervisor } from './hypervisor.ts'

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** How a connection attempt ended, with everything a client is told on the way. */
export interface Attempt {
  readonly client: Client
  readonly banner: string | undefined
}

/** Over an in-memory stream; rejects with ssh2's error (its `level` tells the phase). */
export function connect(hv: EmbeddedHypervisor, config: ConnectConfig & { readonly answer?: string; readonly answers?: (prompt: string) => string; readonly tcp?: boolean }): Promise<Attempt> {
  const { answer, answers, tcp, ...rest } = config
  const client = new ssh2.Client()
  let banner: string | undefined
  return new Promise((resolve, reject) => {
    client.on('ready', () => resolve({ client, banner }))
    client.on('banner', (text) => (banner = text))
    client.on('error', reject)
    client.on('close', () => reject(Object.assign(new Error('closed before it was ready'), { banner })))
    client.on('keyboard-interactive', (_n, _i, _l, prompts, finish) => finish(prompts.map((p) => answers?.(p.prompt) ?? answer ?? '')))
    if (tcp === true) return void client.connect({ host: hv.host, port: hv.port, ...rest })
    const [ours, theirs] = duplexPair()
    // A cut cable is felt at both ends, as with a socket; Node's pair passes on only an orderly end.
    theirs.on('close', () => ours.destroy())
    ours.on('close', () => theirs.destroy())
    hv.accept(theirs)
    client.connect({ sock: ours, ...rest })
  })
}

/** One command line, as it is. */
export function execLine(client: Client, line: string, stdin: string | Uint8Array = ''): Promise<Ran> {
  return new Promise((resolve, reject) => {
    client.exec(line, (error, channel) => {
      if (error) return reject(error)
      let [stdout, stderr] = ['', '']
      let code: number | null = null
      channel.on('data', (b: Buffer) => (stdout += b.toString()))
      channel.stderr.on('data', (b: Buffer) => (stderr += b.toString()))
      channel.on('exit', (c: number | null) => (code = c))
      channel.on('close', () => resolve({ code, stdout, stderr }))
      channel.end(stdin)
    })
  })
}
/** POSIX single quotes around every word. */
export const quoted = (argv: readonly string[]): string => argv.map((a) => `'${a.replaceAll("'", `'\\''`)}'`).join(' ')
export const exec = (client: Client, argv: readonly string[], stdin?: string | Uint8Array): Promise<Ran> => execLine(client, quoted(argv), stdin)
export const virsh = (client: Client, args: readonly string[], stdin?: string): Promise<Ran> => exec(client, ['virsh', '-q', '-c', 'qemu:///system', ...args], stdin)

export function forwardUnix(client: Client, path: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) => client.openssh_forwardOutStreamLocal(path, (e, s) => (e ? reject(e) : resolve(s))))
}
export function forwardTcp(client: Client, host: string, port: number): Promise<ClientChannel> {
  return new Promise((resolve, reject) => client.forwardOut('127.0.0.1', 0, host, port, (e, s) => (e ? reject(e) : resolve(s))))
}

export type Said = Readonly<Record<string, unknown>> & { readonly __name__: string }

/** The host's end of an agent's channel. */
export class AgentLine {
  readonly #stream: Duplex
  readonly said: Said[] = []
  #rest = ''
  #wake: (() => void)[] = []
  ended = false

  constructor(stream: Duplex) {
    this.#stream = stream
    stream.on('error', () => {})
    stream.on('data', (b: Buffer) => {
      const lines = (this.#rest + b.toString('utf8')).split('\n')
      this.#rest = lines.pop() ?? ''
      for (const l of lines) this.said.push(JSON.parse(l) as Said)
      this.#stir()
    })
    const end = () => {
      this.ended = true
      this.#stir()
    }
    stream.on('end', end).on('close', end)
  }
  send(name: string, args: Readonly<Record<string, unknown>> = {}): void {
    this.#stream.write(JSON.stringify({ __name__: name, ...args }) + '\n')
  }
  /** The first message (from `from` on) that matches; rejects when the channel ends first. */
  async until(match: (m: Said) => boolean, from = 0): Promise<Said> {
    for (;;) {
      const found = this.said.slice(from).find(match)
      if (found) return found
      if (this.ended) throw new Error('the channel ended')
      await new Promise<void>((resolve) => this.#wake.push(resolve))
    }
  }
  hear(name: string, from = 0): Promise<Said> {
    return this.until((m) => m.__name__ === name, from)
  }
  close(): void {
    this.#stream.destroy()
  }
  #stir(): void {
    for (const fn of this.#wake.splice(0)) fn()
  }
}

/** The path that the live XML tells. */
export async function channelPath(client: Client, domain: string): Promise<string> {
  const { stdout } = await virsh(client, ['dumpxml', domain])
  const path = /<source mode='bind' path='([^']+)'/.exec(stdout)?.[1]
  if (path === undefined) throw new Error(`no channel path in the XML of ${domain}`)
  return path
}
