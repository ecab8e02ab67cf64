// Why: the few programs that an account finds on the hypervisor. Each is what the client really uses; everything else
// is "not found", as on a machine where it is not installed.
import type { Duplex } from 'node:stream'
import type { Faults } from '../faults.ts'
import { runVirsh } from '../virsh/virsh.ts'
import type { SimDomain } from '../vm/domain.ts'
import type { AccountOptions } from './accounts.ts'

export interface Machine {
  readonly hostName: string
  readonly domains: readonly SimDomain[]
  readonly faults: Faults
  readonly reach: (point: Parameters<Faults['take']>[0]) => Promise<void>
  readonly account: (name: string) => AccountOptions | undefined
  readonly now: () => number
}
export interface StandardInput {
  /** Everything up to the end of file, as UTF-8. */
  readonly all: () => Promise<string>
  readonly pipe: (to: Duplex) => void
}
export interface Process {
  readonly argv: readonly string[]
  readonly account: AccountOptions
  readonly stdin: StandardInput
  /** The channel itself, for programs that copy. */
  readonly stream: Duplex
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}

/** What connecting to a unix socket gives: the stream, or the errno's words. */
export type SocketConnect = { readonly stream: Duplex } | { readonly error: 'No such file or directory' | 'Permission denied' | 'Connection refused' }

/** Opens a live channel's socket as this account would. */
export function connectChannel(path: string, account: AccountOptions, m: Machine): SocketConnect {
  const socket = m.domains.find((d) => d.channel?.path === path)?.channel
  if (account.rights?.channelSockets === false) return { error: 'Permission denied' }
  if (!socket) return { error: 'No such file or directory' }
  const stream = socket.connect()
  return stream ? { stream } : { error: 'Connection refused' }
}

const CHANNEL_ROOT = '/var/lib/libvirt/qemu/'

/** Runs one command; resolves with its exit status. */
export async function runProgram(p: Process, m: Machine): Promise<number> {
  const [program, ...args] = p.argv
  if (program === undefined) return 0
  if (program === 'env') {
    // Assignments change nothing here: every message is in the C locale already.
    const at = args.findIndex((a) => !a.includes('='))
    return at < 0 ? 0 : await runProgram({ ...p, argv: args.slice(at) }, m)
  }
  const allowed = p.account.rights?.exec ?? 'all'
  if (allowed === 'none' || (allowed !== 'all' && !allowed.includes(program))) {
    p.err(`sh: 1: ${program}: restricted\n`)
    return 126
  }
  if (program !== 'virsh') await m.reach(`exec:${program}`)
  const status = await dispatch(program, args, p, m)
  if (program !== 'virsh') await m.reach(`exec-end:${program}`)
  return status
}

async function dispatch(program: string, args: readonly string[], p: Process, m: Machine): Promise<number> {
  switch (program) {
    case 'virsh':
      return await runVirsh({ args, domains: m.domains, rights: p.account.rights?.libvirt ?? { connect: 'manage' }, hostName: m.hostName, readStdin: p.stdin.all, out: p.out, err: p.err, reach: m.reach })
    case 'latchkey-channel':
      return await copyChannel(args, p, m)
    case 'test':
      return testFile(args, p, m)
    case 'ls':
      return listFile(args.filter((a) => !a.startsWith('-')), p, m)
    case 'id':
      return groups(args, p, m)
    case 'date':
      if (args.at(-1) !== '+%s') return usage(p, 'date', 'only +%s is known here')
      p.out(`${Math.floor(m.now() / 1000)}\n`)
      return 0
    case 'true':
      return 0
    case 'false':
      return 1
    default:
      p.err(`sh: 1: ${program}: not found\n`)
      return 127
  }
}

/** Copies between standard input/output and the socket until either side ends. */
function copyChannel(args: readonly string[], p: Process, m: Machine): Promise<number> {
  const path = args[0]
  if (path === undefined || args.length !== 1) return Promise.resolve(usage(p, 'latchkey-channel', 'one path is needed'))
  const opened = connectChannel(path, p.account, m)
  if ('error' in opened) return Promise.resolve(usage(p, 'latchkey-channel', `${path}: ${opened.error}`))
  const { stream } = opened
  return new Promise((resolve) => {
    const end = () => {
      stream.destroy()
      resolve(0)
    }
    stream.on('end', end).on('close', end).on('error', end)
    p.stream.on('end', end).on('close', end)
    p.stdin.pipe(stream)
    stream.pipe(p.stream, { end: false })
  })
}

const exists = (path: string, m: Machine): boolean => m.domains.some((d) => d.channel?.path === path || d.displaySocket === path)

function testFile(args: readonly string[], p: Process, m: Machine): number {
  const [op, path] = args
  if (op === undefined || path === undefined || !['-e', '-S', '-r', '-w'].includes(op)) return 2
  return exists(path, m) && p.account.rights?.channelSockets !== false ? 0 : 1
}
function listFile(paths: readonly string[], p: Process, m: Machine): number {
  let status = 0
  for (const path of paths) {
    const hidden = path.startsWith(CHANNEL_ROOT) && p.account.rights?.channelSockets === false
    if (!hidden && exists(path, m)) p.out(`${path}\n`)
    else {
      p.err(`ls: cannot access '${path}': ${hidden ? 'Permission denied' : 'No such file or directory'}\n`)
      status = 2
    }
  }
  return status
}
function groups(args: readonly string[], p: Process, m: Machine): number {
  const wanted = args.filter((a) => !a.startsWith('-'))
  const name = wanted[0] ?? p.account.name
  const account = m.account(name)
  if (!account) {
    p.err(`id: \u2018${name}\u2019: no such user\n`)
    return 1
  }
  if (!args.some((a) => /^-[a-zA-Z]*G/.test(a) && a.includes('n'))) {
    p.out(`${name}\n`)
    return 0
  }
  p.out([name, ...(account.groups ?? [])].join(' ') + '\n')
  return 0
}
function usage(p: Process, program: string, text: string): number {
  p.err(`${program}: ${text}\n`)
  return 1
}
