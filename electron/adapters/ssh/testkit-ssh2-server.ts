// Why: test code. An ssh2 server in the test's own process, for what a real sshd cannot be told to do on demand.
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server as TcpServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2, { type AuthContext, type Connection } from 'ssh2'

export interface FakeServer {
  readonly port: number
  readonly dir: string
  readonly knownHosts: string
  /** Every authentication request, as `method name password`. */
  readonly attempts: string[]
  readonly connections: Connection[]
  stop(): Promise<void>
}

export interface FakeOptions {
  /** Default: `ada` with the password `right horse`. */
  readonly auth?: (ctx: AuthContext, connection: Connection) => void
  readonly ready?: (connection: Connection) => void
  readonly banner?: string
}

export async function startFakeServer(options: FakeOptions = {}): Promise<FakeServer> {
  const dir = mkdtempSync(join(tmpdir(), 'latchkey-ssh2-'))
  const hostKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'sec1', format: 'pem' })
  const attempts: string[] = []
  const connections: Connection[] = []
  const server = new ssh2.Server({ hostKeys: [hostKey], ...(options.banner === undefined ? {} : { banner: options.banner }) }, (connection) => {
    connections.push(connection)
    connection.on('error', () => {})
    connection.on('authentication', (ctx) => {
      attempts.push([ctx.method, ctx.username, ...(ctx.method === 'password' ? [ctx.password] : [])].join(' '))
      if (options.auth) options.auth(ctx, connection)
      else if (ctx.method === 'password' && ctx.username === 'ada' && ctx.password === 'right horse') ctx.accept()
      else ctx.reject(['password'])
    })
    connection.on('ready', () => options.ready?.(connection))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address() as { port: number }
  const parsed = ssh2.utils.parseKey(hostKey)
  if (parsed instanceof Error) throw parsed
  const blob = (Array.isArray(parsed) ? parsed[0]! : parsed).getPublicSSH().toString('base64')
  const knownHosts = join(dir, 'known_hosts')
  writeFileSync(knownHosts, `[127.0.0.1]:${address.port} ecdsa-sha2-nistp256 ${blob}\n`, { mode: 0o644 })
  return {
    port: address.port,
    dir,
    knownHosts,
    attempts,
    connections,
    stop: async () => {
      for (const c of connections) c.end()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export interface RawServer {
  readonly port: number
  readonly server: TcpServer
  stop(): Promise<void>
}

/** A TCP server that is no SSH server at all. */
export async function startRawServer(onSocket: (socket: Socket) => void): Promise<RawServer> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    onSocket(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as { port: number }).port,
    server,
    stop: async () => {
      for (const s of sockets) s.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
