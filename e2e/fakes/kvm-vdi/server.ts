// Why: a KVM-VDI dashboard that behaves as the last public one does towards its thin client: status codes, redirects,
// header checks, cookie sessions and its escaping included. Written from a description of that client protocol.
import { randomBytes } from 'node:crypto'
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { clientPage, poolsPage, startPage } from './pages.ts'
import { KvmVdiState } from './state.ts'

export interface KvmVdiServer {
  readonly state: KvmVdiState
  /** With the dashboard's path and a slash at the end. */
  readonly url: string
  /** What every request meets instead of an answer; for faults. */
  intercept: ((req: IncomingMessage, res: ServerResponse) => boolean) | undefined
  close(): Promise<void>
}

const UA = 'KVM-VDI client'
const PATH = '/kvm-vdi'
const MAX_BODY = 64 * 1024

/** @param tls PEM; absent: plain http, as most installations are */
export async function startKvmVdi(tls?: { readonly key: string; readonly cert: string }): Promise<KvmVdiServer> {
  const state = new KvmVdiState()
  const box: { intercept?: KvmVdiServer['intercept'] } = {}
  const listener = (req: IncomingMessage, res: ServerResponse): void => {
    state.requests.push(`${req.method} ${req.url}`)
    if (box.intercept?.(req, res) === true) return
    answer(state, req, res).catch(() => res.destroy())
  }
  const server: Server = tls ? createHttps(tls, listener) : createHttp(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const url = `${tls ? 'https' : 'http'}://127.0.0.1:${port}${PATH}/`
  state.serviceUrl = url.slice(0, -1)
  return {
    state,
    url,
    get intercept() {
      return box.intercept
    },
    set intercept(fn) {
      if (fn) box.intercept = fn
      else delete box.intercept
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(state: KvmVdiState, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const url = new URL(req.url ?? '/', 'http://x.invalid')
  const form = req.method === 'POST' ? await readForm(req) : new URLSearchParams()
  // Anything else is a browser: it gets pages and redirects.
  const thin = req.headers['user-agent'] === UA
  const session = /(?:^|;\s*)PHPSESSID=([A-Za-z0-9]+)/.exec(req.headers.cookie ?? '')?.[1]
  const user = session === undefined ? undefined : state.sessions.get(session)
  const page = url.pathname.startsWith(`${PATH}/`) ? url.pathname.slice(PATH.length) : ''
  const send = (status: number, body: string, headers: Record<string, string> = {}): void => {
    res.writeHead(status, { 'content-type': 'text/html; charset=UTF-8', ...headers })
    res.end(body)
  }
  const redirect = (to: string): void => send(302, '', { location: `${state.serviceUrl}${to}` })

  switch (`${req.method} ${page}`) {
    case 'POST /client_pools.php':
      return signIn(state, form, thin, send, redirect)
    case 'GET /client_pools.php':
      if (user === undefined) return thin ? send(200, 'LOGIN_FAILURE') : redirect('/client_index.php?error=1')
      return send(200, clientPage(), { 'KVM-VDI-engine': state.engine })
    case 'GET /draw_html5_buttons.php':
      return send(200, user === undefined ? '' : poolsPage(state, user))
    case 'POST /client.php':
      if (user === undefined) return redirect('/client_index.php?error=1')
      return state.engine === 'KVM' ? desktop(state, user, form, send) : send(200, '')
    case 'POST /inc/infrastructure/OpenStack/GetClientConnection.php':
      if (user === undefined) return redirect('/client_index.php?error=1')
      return desktop(state, user, form, send)
    case 'POST /client_hb.php': {
      if (user === undefined) return redirect('/?error=1')
      const machine = state.pools.flatMap((p) => p.machines).find((m) => (state.engine === 'KVM' ? m.name : String(m.vmId)) === form.get('vmname'))
      if (machine) machine.beats++
      return send(200, '')
    }
    case 'POST /client_power.php': {
      if (user === undefined) return redirect('/?error=1')
      const machine = state.pools.flatMap((p) => p.machines).find((m) => String(m.vmId) === form.get('vm') && m.usedBy === user)
      if (machine && (form.get('action') === 'shutdown' || form.get('action') === 'destroy')) machine.state = 'shut'
      return send(200, '')
    }
    case 'GET /logout.php':
      if (session !== undefined) state.sessions.delete(session)
      return redirect('/client_index.php')
    case 'GET /':
    case 'GET /client_index.php':
      return send(200, startPage())
    default:
      return send(404, '<h1>Not Found</h1>')
  }
}

type Send = (status: number, body: string, headers?: Record<string, string>) => void

function signIn(state: KvmVdiState, form: URLSearchParams, thin: boolean, send: Send, redirect: (to: string) => void): void {
  const name = form.get('username') ?? ''
  const person = state.people.get(name)
  if (!person || person.password !== form.get('password')) {
    if (!thin) return redirect('/client_index.php?error=1')
    return send(200, 'LOGIN_FAILURE')
  }
  const id = randomBytes(13).toString('hex')
  state.sessions.set(id, name)
  const cookie = { 'set-cookie': `PHPSESSID=${id}; path=/` }
  // A local person is sent to the page of the configured service address, one of the directory gets it at once.
  if (person.directory) return send(200, clientPage(), { ...cookie, 'KVM-VDI-engine': state.engine })
  send(302, '', { ...cookie, location: `${state.serviceUrl}/client_pools.php` })
}

function desktop(state: KvmVdiState, user: string, form: URLSearchParams, send: Send): void {
  if (form.get('protocol') !== 'SPICE') return send(200, '')
  const reply = (fields: Readonly<Record<string, string>>): void => send(200, JSON.stringify(fields))
  const poolId = Number(form.get('pool'))
  if (!state.people.get(user)?.pools.includes(poolId)) return send(200, '')
  const machine = state.handOut(poolId, user)
  if (machine === 'none') return reply({ status: 'NO_FREE_VMS' })
  if (machine.maintenance) return reply({ status: 'MAINTENANCE' })
  if (machine.state !== 'running') {
    // Every question starts it anew, with what came with the question; its display is asked for before that.
    machine.startedWith = { username: addslashes(form.get('username') ?? ''), password: addslashes(form.get('password') ?? '') }
    const again = machine.state === 'booting'
    machine.state = again && machine.bootAsks-- <= 0 ? 'running' : 'booting'
    if (machine.state === 'booting') return reply({ status: 'BOOTUP', protocol: 'SPICE', address: '' })
  }
  if (state.displayFails) return reply({ status: 'FAIL', address: '' })
  reply({ status: 'OK', protocol: 'SPICE', address: state.display.address, spice_password: state.display.password, name: machine.name, ...(state.engine === 'OpenStack' && { vm_id: String(machine.vmId) }) })
}

/** PHP's: a backslash before ' " \\ and NUL. */
const addslashes = (text: string): string => text.replace(/['"\\]/g, '\\$&').replaceAll('\0', '\\0')

async function readForm(req: IncomingMessage): Promise<URLSearchParams> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of req as AsyncIterable<Buffer>) {
    size += piece.length
    if (size > MAX_BODY) throw new Error('too large')
    pieces.push(piece)
  }
  if (!(req.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')) return new URLSearchParams()
  return new URLSearchParams(Buffer.concat(pieces).toString('utf8'))
}
