// Why: one virsh process: options, connection, the commands one after the other, exit status. How outputs, blank lines
// and failures line up here is what the driver's parser meets on the real thing.
import type { Faults } from '../faults.ts'
import type { SimDomain } from '../vm/domain.ts'
import { chatty, runners, VirshFailure, type LibvirtRights, type VirshWorld } from './commands.ts'
import { parseInvocation, parseScript, VirshUsage, type Invocation, type VirshCommand } from './parse.ts'

export interface VirshProcess {
  readonly args: readonly string[]
  readonly domains: readonly SimDomain[]
  readonly rights: LibvirtRights
  readonly hostName: string
  readonly readStdin: () => Promise<string>
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Runs fault hooks; rejects never, resolves when the command may go on. */
  readonly reach: (point: Parameters<Faults['take']>[0]) => Promise<void>
}

const SYSTEM = 'qemu:///system'
/** What virsh takes for an unprivileged account when no URI is given: its own, empty, session daemon. */
const SESSION = 'qemu:///session'

/** Runs to the end and gives the exit status. */
export async function runVirsh(p: VirshProcess): Promise<number> {
  let invocation: Invocation
  try {
    invocation = parseInvocation(p.args)
  } catch (e) {
    return usage(p, e)
  }
  if (invocation.version) {
    p.out('9.0.0\n')
    return 0
  }
  const refusal = connectionRefusal(invocation, p.rights)
  if (refusal !== undefined) {
    p.err(`error: failed to connect to the hypervisor\nerror: ${refusal}\n`)
    return 1
  }
  const uri = invocation.uri ?? SESSION
  const world = { domains: uri === SESSION ? [] : p.domains, rights: p.rights, readonly: invocation.readonly, quiet: invocation.quiet, uri, hostName: p.hostName, readStdin: p.readStdin }
  if (invocation.commands === undefined) return await interactive(p, world)
  let last = 0
  for (const command of invocation.commands) {
    if (command.name === 'quit' || command.name === 'exit') return last
    last = await runOne(command, world, p)
  }
  return last
}

function connectionRefusal(i: Invocation, rights: LibvirtRights): string | undefined {
  const uri = i.uri ?? SESSION
  if (uri === SESSION) return undefined
  // A URI with parameters (?socket=…) still names the same daemon.
  if (uri.split('?')[0] !== SYSTEM) return uri.startsWith('qemu:///') ? `internal error: unexpected qemu URI path '${uri.slice(7)}', try qemu:///system` : `unable to connect to server at '${uri}': Connection refused`
  if (rights.connect === 'none' || (rights.connect === 'monitor' && !i.readonly)) return `authentication unavailable: no polkit agent available to authenticate action 'org.libvirt.unix.${i.readonly ? 'monitor' : 'manage'}'`
  return undefined
}

async function runOne(c: VirshCommand, w: VirshWorld & { readonly quiet: boolean }, p: VirshProcess): Promise<number> {
  await p.reach(`exec:${c.name}`)
  let status = 0
  try {
    const text = await (runners[c.name] as (typeof runners)[string])(c, w)
    if (!(w.quiet && chatty.has(c.name))) p.out(text)
  } catch (e) {
    if (!(e instanceof VirshFailure)) throw e
    p.err(e.texts.map((t) => `error: ${t}\n`).join(''))
    status = 1
  }
  await p.reach(`exec-end:${c.name}`)
  if (!w.quiet) p.out('\n')
  return status
}

/** Commands from a standard input that is no terminal: readline echoes each line behind the prompt. */
async function interactive(p: VirshProcess, w: VirshWorld & { readonly quiet: boolean }): Promise<number> {
  const input = await p.readStdin()
  if (!w.quiet) p.out("Welcome to virsh, the virtualization interactive terminal.\n\nType:  'help' for help with commands\n       'quit' to quit\n\n")
  const lines = input.split('\n')
  if (lines.at(-1) === '') lines.pop()
  // Standard input is used up by then: a device XML can't come the same way.
  const world = { ...w, readStdin: () => Promise.resolve('') }
  for (const line of lines) {
    p.out(`virsh # ${line}\n`)
    try {
      for (const command of parseScript(line)) {
        if (command.name === 'quit' || command.name === 'exit') {
          if (!w.quiet) p.out('\n')
          return 0
        }
        await runOne(command, world, p)
      }
    } catch (e) {
      usage(p, e)
    }
  }
  p.out('virsh # \n')
  return 0
}

function usage(p: VirshProcess, e: unknown): number {
  if (!(e instanceof VirshUsage)) throw e
  p.err(`error: ${e.message}\n`)
  return 1
}
