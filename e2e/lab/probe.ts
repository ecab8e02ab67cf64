// Why: the self-check's own eyes: a bare ssh2 client that knows nothing of the product, so that a fault of the product
// can't hide a fault of the lab, nor the other way round.
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import { Client } from 'ssh2'
import type { ConnectConfig } from 'ssh2'
import type { Lab } from './lab.ts'

export interface Probe {
  exec(command: string, input?: string): Promise<{ code: number; stdout: string; stderr: string }>
  forwardUnix(path: string): Promise<Duplex>
  forwardTcp(port: number): Promise<Duplex>
  /** Text of banners, e.g. why PAM closed an account. */
  readonly banners: readonly string[]
  close(): void
}

/** Opens a connection as a device account (key) or a person (password); rejects with ssh2's error, banners appended. */
export function probe(lab: Lab, who: { device: string } | { person: string; password?: string }, knownHosts = lab.knownHostsFile): Promise<Probe> {
  const banners: string[] = []
  const client = new Client()
  const config: ConnectConfig = {
    host: lab.sshHost, port: lab.sshPort, readyTimeout: 20_000,
    username: 'device' in who ? who.device : who.person,
    hostVerifier: (key: Buffer) => isPinned(key, `[${lab.sshHost}]:${lab.sshPort}`, readFileSync(knownHosts, 'utf8')),
  }
  if ('device' in who) config.privateKey = readFileSync(lab.deviceKeyFile)
  else {
    const password = who.password ?? lab.person(who.person).password
    config.password = password
    config.tryKeyboard = true
    // One hidden prompt is the password's; anything else (a new password is demanded) is answered by nothing.
    client.on('keyboard-interactive', (_name, _instructions, _language, prompts, finish) => finish(prompts.length === 1 && /^password/i.test(prompts[0]?.prompt ?? '') ? [password] : prompts.map(() => '')))
  }
  client.on('banner', (text) => void banners.push(text))
  return new Promise((resolve, reject) => {
    client.once('ready', () => resolve(probeOf(client, banners)))
    client.once('error', (error) => reject(new Error([error.message, ...banners].join(' | '))))
    client.once('close', () => reject(new Error(['closed', ...banners].join(' | '))))
    client.connect(config)
  })
}

function probeOf(client: Client, banners: readonly string[]): Probe {
  const stream = (open: (done: (error: Error | undefined, channel: Duplex) => void) => void) =>
    new Promise<Duplex>((resolve, reject) => open((error, channel) => (error === undefined ? resolve(channel) : reject(new Error(`${error.message}, reason ${String((error as { reason?: unknown }).reason)}`)))))
  // Everything that follows is reported by its own call; a lost connection ends those.
  client.on('error', () => undefined)
  return {
    banners,
    exec: (command, input = '') => new Promise((resolve, reject) => {
      client.exec(command, (error, channel) => {
        if (error !== undefined) return reject(error)
        let stdout = ''
        let stderr = ''
        channel.on('data', (d: Buffer) => (stdout += d.toString()))
        channel.stderr.on('data', (d: Buffer) => (stderr += d.toString()))
        channel.on('close', (code: number | null) => resolve({ code: code ?? -1, stdout, stderr }))
        channel.end(input)
      })
    }),
    forwardUnix: (path) => stream((done) => client.openssh_forwardOutStreamLocal(path, done)),
    forwardTcp: (port) => stream((done) => client.forwardOut('127.0.0.1', 0, '127.0.0.1', port, done)),
    close: () => void client.end(),
  }
}

function isPinned(key: Buffer, host: string, knownHosts: string): boolean {
  return knownHosts.split('\n').some((line) => {
    const [name = '', , pinned] = line.split(' ')
    const [, , salt = '', hash] = name.split('|')
    const matches = name.startsWith('|1|') ? createHmac('sha1', Buffer.from(salt, 'base64')).update(host).digest('base64') === hash : name === host
    return matches && pinned === key.toString('base64')
  })
}

export type Message = { readonly __name__: string } & Readonly<Record<string, unknown>>

/** A guest's channel as messages. */
export class GuestChannel {
  readonly seen: Message[] = []
  readonly #stream: Duplex
  #rest = ''
  #wake: () => void = () => undefined

  constructor(stream: Duplex) {
    this.#stream = stream
    stream.on('error', () => undefined)
    stream.on('data', (data: Buffer) => {
      const lines = (this.#rest + data.toString()).split('\n')
      this.#rest = lines.pop() ?? ''
      for (const line of lines) this.seen.push(JSON.parse(line) as Message)
      this.#wake()
    })
  }

  send(message: Message): void {
    this.#stream.write(`${JSON.stringify(message)}\n`)
  }

  /** The first message from now on that fits, or undefined after `ms`. */
  async next(fits: (m: Message) => boolean, ms: number): Promise<Message | undefined> {
    const deadline = Date.now() + ms
    for (let i = this.seen.length; ;) {
      for (; i < this.seen.length; i++) {
        const message = this.seen[i]
        if (message !== undefined && fits(message)) return message
      }
      const left = deadline - Date.now()
      if (left <= 0) return undefined
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.#wake = () => (clearTimeout(timer), resolve())
      })
    }
  }

  close(): void {
    this.#stream.destroy()
  }
}
