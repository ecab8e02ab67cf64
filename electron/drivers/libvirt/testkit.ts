// Why: test code. A hypervisor as the driver sees it: commands in, output out, scripted at the level of argv.
import type { Duplex } from 'node:stream'
import { AppError } from '../../core/errors.ts'
import type { CallContext } from '../../core/ports/driver.ts'
import type { ExecOptions, ExecResult, SshConnection } from '../../core/ports/ssh.ts'

export const UUIDS = ['6f0c1c0e-6a6b-4a51-9a0c-000000000001', '6f0c1c0e-6a6b-4a51-9a0c-000000000002', '6f0c1c0e-6a6b-4a51-9a0c-000000000003'] as const

export interface FakeDomain {
  uuid: string
  name: string
  /** virDomainState */
  state: number
  reason?: number
  id?: number
  saved?: boolean
  xml?: string
  metadata?: string
  graphics?: string
  channels?: string
  passwd?: string
}

export const SPICE = `<graphics type='spice' port='5901' autoport='yes' listen='127.0.0.1'>
      <listen type='address' address='127.0.0.1'/>
      <image compression='off'/>
    </graphics>`
export const CHANNEL = `<channel type='unix'>
      <source mode='bind' path='/var/lib/libvirt/qemu/channel/target/domain-1-ada/com.kvm-vdi.0'/>
      <target type='virtio' name='com.kvm-vdi.0' state='connected'/>
    </channel>`
export const assigned = (...names: string[]): string => `<latchkey:desktop xmlns:latchkey="https://latchkey.example/xmlns/desktop/1">${names.map((n) => (n.startsWith('@') ? `<latchkey:group>${n.slice(1)}</latchkey:group>` : `<latchkey:user>${n}</latchkey:user>`)).join('')}</latchkey:desktop>`

export function domainXml(d: FakeDomain, secure = false): string {
  const graphics = (d.graphics ?? SPICE).replace('<graphics', secure && d.passwd !== undefined ? `<graphics passwd='${d.passwd}'` : '<graphics')
  return d.xml ?? `<domain type='kvm'${d.id === undefined ? '' : ` id='${d.id}'`}>
  <name>${d.name}</name>
  <uuid>${d.uuid}</uuid>
  <metadata>
    ${d.metadata ?? ''}
  </metadata>
  <devices>
    ${d.channels ?? CHANNEL}
    ${graphics}
  </devices>
</domain>
`
}

export const ok = (stdout = ''): ExecResult => ({ code: 0, stdout, stderr: '' })
export const fails = (stderr: string, code = 1): ExecResult => ({ code, stdout: '', stderr })

export interface Call {
  readonly argv: readonly string[]
  /** Without environment and connection: `start UUID`, `id -Gn ada`. */
  readonly text: string
  readonly stdin: string
}

export class FakeHypervisor implements SshConnection {
  readonly domains: FakeDomain[]
  readonly calls: Call[] = []
  /** Answers before the built-in ones where it returns something. */
  answer: (call: Call) => ExecResult | undefined | Promise<ExecResult | undefined> = () => undefined
  groups = 'ada staff'
  dateSeconds: string | undefined = '2000000000'
  readonly #listeners: ((why: AppError | undefined) => void)[] = []
  closed = false

  constructor(...domains: FakeDomain[]) {
    this.domains = domains
  }
  get texts(): string[] {
    return this.calls.map((c) => c.text)
  }
  async exec(argv: readonly string[], opts: ExecOptions, ctx: CallContext): Promise<ExecResult> {
    if (ctx.signal.aborted) throw new AppError('cancelled', 'aborted')
    if (this.closed) throw new AppError('ssh.lost', 'closed')
    const at = argv.indexOf('-c')
    const words = at < 0 ? argv : argv.slice(at + 2)
    const call: Call = { argv, text: words.join(' '), stdin: opts.stdin === undefined ? '' : Buffer.from(opts.stdin).toString('utf8') }
    this.calls.push(call)
    return (await this.answer(call)) ?? this.#builtIn(words)
  }
  #builtIn(words: readonly string[]): ExecResult {
    if (words[0] === 'id') return ok(this.groups + '\n')
    if (words[0] === 'date') return this.dateSeconds === undefined ? fails('date: not found', 127) : ok(this.dateSeconds + '\n')
    if (words[0] === 'list') return ok(this.domains.map((d) => d.uuid + '\n').join('') + '\n')
    if (words.length === 1) return this.#script(words[0]!)
    const d = this.domains.find((x) => x.uuid === words[1] || x.uuid === words[2])
    if (d === undefined) return fails(`error: failed to get domain '${words[1]}'`)
    if (words[0] === 'dumpxml') return ok(domainXml(d, true))
    if (words[0] === 'start' || words[0] === 'resume' || words[0] === 'dompmwakeup') Object.assign(d, { state: 1, id: 7, saved: false })
    return ok()
  }
  #script(text: string): ExecResult {
    let stdout = ''
    let last: ExecResult = ok()
    for (const command of text.split('; ')) {
      const [name, ...args] = command.split(' ')
      last = ok()
      if (name === 'list') stdout += this.domains.filter((d) => d.saved === true).map((d) => d.uuid + '\n').join('')
      else if (name === 'domstats') stdout += this.domains.filter((d) => args[1] === undefined || args[1] === d.uuid).map((d) => `Domain: '${d.name}'\n  state.state=${d.state}\n  state.reason=${d.reason ?? 1}\n`).join('\n')
      else {
        const d = this.domains.find((x) => x.uuid === args[0])
        if (d === undefined) last = fails(`error: failed to get domain '${args[0]}'`)
        else stdout += domainXml(d)
      }
    }
    return { code: last.code, stdout, stderr: last.stderr }
  }
  stream(): Promise<Duplex> {
    return Promise.reject(new AppError('internal.bug', 'not in this double'))
  }
  forwardUnix(): Promise<Duplex> {
    return this.stream()
  }
  forwardTcp(): Promise<Duplex> {
    return this.stream()
  }
  onClosed(fn: (why: AppError | undefined) => void): void {
    this.#listeners.push(fn)
  }
  lose(why: AppError | undefined): void {
    this.closed = true
    for (const fn of this.#listeners.splice(0)) fn(why)
  }
  close(): void {
    if (!this.closed) this.lose(undefined)
  }
}

export async function failure(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => new Error('it worked'),
    (e: unknown) => e,
  )
  if (!(error instanceof AppError)) throw error
  return error
}
