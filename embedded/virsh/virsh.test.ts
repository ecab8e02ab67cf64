// Why: outputs, errors and exit statuses below were captured from virsh 9.0 with QEMU 7.2; the double must not drift
// from them, because the driver's parser is tested against the double.
import { XMLParser } from 'fast-xml-parser'
import { describe, expect, it } from 'vitest'
import { EventLog } from '../events.ts'
import { Faults } from '../faults.ts'
import { StillClock } from '../spice/testkit.ts'
import { BlankDisplay } from '../vm/display.ts'
import { SimDomain, type DomainOptions } from '../vm/domain.ts'
import type { LibvirtRights } from './commands.ts'
import { runVirsh } from './virsh.ts'

const OFFICE: DomainOptions = { name: 'ada-office', uuid: '5992c53c-d69b-41b2-a7ff-082a25996ede', title: 'Office', users: ['ada'], groups: ['g'], displayPassword: `fixed"&1`, osId: 'http://debian.org/debian/12' }
const UNIXY: DomainOptions = { name: 'unixy', uuid: 'da0eea3e-e969-4da6-9f9a-948ae8391553', display: 'unix', displayPassword: null }
const BARE: DomainOptions = { name: 'noconsole', uuid: '0438950b-f62c-41ed-9cb8-fa03c81a35e1', display: 'none', channel: null }

function host(options: readonly DomainOptions[] = [OFFICE, UNIXY, BARE], rights: LibvirtRights = { connect: 'manage' }) {
  const clock = new StillClock()
  const events = new EventLog()
  const faults = new Faults()
  let id = 0
  let port = 5900
  const domains = options.map((o) => new SimDomain(o, { clock, events, faults, nextId: () => ++id, takePort: () => port++, makeDisplay: (d) => new BlankDisplay(d), reach: () => Promise.resolve() }))
  const run = async (args: readonly string[], stdin = '') => {
    let [stdout, stderr] = ['', '']
    const code = await runVirsh({ args, domains, rights, hostName: 'h', readStdin: () => Promise.resolve(stdin), out: (t) => (stdout += t), err: (t) => (stderr += t), reach: () => Promise.resolve() })
    return { code, stdout, stderr }
  }
  const v = (...args: string[]) => run(['-q', '-c', 'qemu:///system', ...args])
  return { domains, run, v, clock, faults, events, office: domains[0]! }
}
const said = (stdout: string) => ({ code: 0, stdout, stderr: '' })
const failed = (...lines: string[]) => ({ code: 1, stdout: '', stderr: lines.map((l) => `error: ${l}\n`).join('') })

describe('list', () => {
  it('prints the tables of the real one, loud and quiet', async () => {
    const { v, run } = host()
    expect(await run(['-c', 'qemu:///system', 'list', '--all'])).toEqual(said(' Id   Name         State\n-----------------------------\n -    ada-office   shut off\n -    noconsole    shut off\n -    unixy        shut off\n\n'))
    await v('start', 'ada-office')
    expect(await v('list', '--all')).toEqual(said(' 1   ada-office   running\n -   noconsole    shut off\n -   unixy        shut off\n'))
    expect(await v('list', '--all', '--uuid', '--name')).toEqual(said(`${OFFICE.uuid} ada-office\n${BARE.uuid} noconsole\n${UNIXY.uuid} unixy\n`))
    expect(await v('list', '--name')).toEqual(said('ada-office\n'))
    expect(await v('list', '--inactive', '--name')).toEqual(said('noconsole\nunixy\n'))
    await v('managedsave', 'ada-office')
    expect(await v('list', '--all', '--uuid', '--with-managed-save')).toEqual(said(`${OFFICE.uuid}\n`))
    expect((await v('list', '--all', '--managed-save')).stdout).toContain(' -   ada-office   saved\n')
  })
  it('shows only what the account may see', async () => {
    const { v } = host(undefined, { connect: 'manage', sees: ['unixy'] })
    expect(await v('list', '--all', '--name')).toEqual(said('unixy\n'))
    expect(await v('domstate', 'ada-office')).toEqual(failed("failed to get domain 'ada-office'"))
  })
})

describe('states', () => {
  it('follows start, suspend, resume, save, restore with the real reasons and messages', async () => {
    const { v, run, office } = host()
    expect(await v('domstate', '--reason', 'ada-office')).toEqual(said('shut off (unknown)\n'))
    expect(await v('resume', 'ada-office')).toEqual(failed("Failed to resume domain 'ada-office'", 'Requested operation is not valid: domain is not running'))
    expect(await v('dompmwakeup', 'ada-office')).toEqual(failed("Domain 'ada-office' could not be woken up", 'Requested operation is not valid: domain is not running'))
    expect(await run(['-c', 'qemu:///system', 'start', 'ada-office'])).toEqual(said("Domain 'ada-office' started\n\n"))
    expect(await v('start', 'ada-office')).toEqual(failed('Domain is already active'))
    expect(await v('resume', 'ada-office')).toEqual(failed("Failed to resume domain 'ada-office'", 'Requested operation is not valid: domain is already running'))
    expect(await v('suspend', 'ada-office')).toEqual(said(''))
    expect(await v('domstats', '--state', 'ada-office')).toEqual(said("Domain: 'ada-office'\n  state.state=3\n  state.reason=1\n"))
    await v('resume', 'ada-office')
    expect(await v('domstate', '--reason', 'ada-office')).toEqual(said('running (unpaused)\n'))
    await v('managedsave', 'ada-office')
    expect(await v('domstats --state; domstate --reason ada-office')).toEqual(said("Domain: 'ada-office'\n  state.state=5\n  state.reason=5\n\nDomain: 'noconsole'\n  state.state=5\n  state.reason=0\n\nDomain: 'unixy'\n  state.state=5\n  state.reason=0\nshut off (saved)\n"))
    expect(office.id).toBeUndefined()
    await v('start', OFFICE.uuid!)
    expect(await v('domstate', '2', '--reason')).toEqual(said('running (restored)\n'))
    expect(office.xml({ inactive: false, secure: false })).toContain('/domain-2-ada-office/com.kvm-vdi.0')
  })
  it('wakes a suspended guest', async () => {
    const { v } = host([{ ...OFFICE, state: 'pmsuspended' }])
    expect(await v('start', 'ada-office')).toEqual(failed('Domain is already active'))
    expect(await v('dompmwakeup', 'ada-office')).toMatchObject({ code: 0 })
    expect(await v('domstate', 'ada-office')).toEqual(said('running\n'))
  })
  it('fails to start with libvirt’s words', async () => {
    const why = "Cannot access storage file '/var/lib/libvirt/images/gone.qcow2': No such file or directory"
    const { v } = host([{ ...OFFICE, startError: why }])
    expect(await v('start', 'ada-office')).toEqual(failed("Failed to start domain 'ada-office'", why))
    expect(await v('domstate', '--reason', 'ada-office')).toEqual(said('shut off (failed)\n'))
  })
  it('takes its time to start', async () => {
    const { v, clock, office } = host([{ ...OFFICE, startMs: 4000 }])
    const started = v('start', 'ada-office')
    while (clock.pending === 0) await new Promise((r) => setImmediate(r))
    clock.advance(3999)
    expect(office.id).toBeUndefined()
    clock.advance(1)
    expect(await started).toEqual(said(''))
  })
})

describe('several commands in one process', () => {
  it('splits a single argument, goes on after a failure, ends with the last status', async () => {
    const { v, run } = host()
    expect(await v(`domstate nix; domuuid 'ada-office'`)).toEqual({ code: 0, stdout: `${OFFICE.uuid}\n`, stderr: "error: failed to get domain 'nix'\n" })
    expect(await v('domuuid ada-office; domstate nix')).toMatchObject({ code: 1, stdout: `${OFFICE.uuid}\n` })
    expect(await run(['-c', 'qemu:///system', 'domuuid ada-office; domstate ada-office'])).toEqual(said(`${OFFICE.uuid}\n\nshut off\n\n`))
    expect(await v('domstate ada-office; foo')).toEqual(failed("unknown command: 'foo'"))
    expect(await v('domstate', 'ada-office', ';')).toEqual(failed("unexpected data ';'"))
    expect(await v('domstate "ada-office";')).toEqual(said('shut off\n'))
    expect(await v("domstate ada\\-office; domstate 'unterminated")).toMatchObject({ code: 1, stdout: 'shut off\n', stderr: "error: failed to get domain 'unterminated'\n" })
  })
  it('reads commands from standard input, echoing them behind the prompt', async () => {
    const { run } = host()
    expect(await run(['-q', '-c', 'qemu:///system'], 'list --all --uuid\ndomstate nix\ndomuuid unixy\n')).toEqual({
      code: 0,
      stdout: `virsh # list --all --uuid\n${OFFICE.uuid}\n${BARE.uuid}\n${UNIXY.uuid}\nvirsh # domstate nix\nvirsh # domuuid unixy\n${UNIXY.uuid}\nvirsh # \n`,
      stderr: "error: failed to get domain 'nix'\n",
    })
  })
  it('complains as the real one about what it does not understand', async () => {
    const { v, run } = host()
    expect(await v('update-device')).toEqual(failed("command 'update-device' requires <domain> option", "command 'update-device' requires <file> option"))
    expect(await v('domstate', 'unixy', '--nope')).toEqual(failed("command 'domstate' doesn't support option --nope"))
    expect(await v('domstate', 'unixy', 'unixy')).toEqual(failed("unexpected data 'unixy'"))
    expect(await v('domstate', '')).toEqual(failed("Failed to get option 'domain': Option argument is empty"))
    expect(await run(['--bogus'])).toEqual(failed("unsupported option '--bogus'. See --help."))
    expect(await run(['-c'])).toEqual(failed("option '-c'/'--connect' requires an argument"))
  })
})

describe('connection and rights', () => {
  it('gives an account without a URI its own empty session, and one without rights polkit’s answer', async () => {
    expect(await host().run(['-q', 'list', '--all', '--name'])).toEqual(said(''))
    const { v, run } = host(undefined, { connect: 'monitor' })
    expect(await v('list')).toEqual(failed('failed to connect to the hypervisor', "authentication unavailable: no polkit agent available to authenticate action 'org.libvirt.unix.manage'"))
    expect(await run(['-r', '-q', '-c', 'qemu:///system', 'start', 'unixy'])).toEqual(failed("Failed to start domain 'unixy'", 'operation forbidden: read only access prevents virDomainCreate'))
  })
  it('denies single actions', async () => {
    const { v, run } = host([{ ...OFFICE, state: 'running' }, UNIXY], { connect: 'manage', start: false, updateDevice: false, readSecrets: false })
    const denied = "access denied: 'QEMU' denied access"
    expect(await v('start', 'unixy')).toEqual(failed("Failed to start domain 'unixy'", denied))
    expect(await v('dumpxml', 'ada-office', '--security-info')).toEqual(failed(denied))
    expect(await run(['-q', '-c', 'qemu:///system', 'update-device', 'ada-office', '/dev/stdin', '--live'], '<graphics/>')).toEqual(failed('Failed to update device from /dev/stdin', denied))
  })
})

describe('XML', () => {
  it('is well formed and says live things only when live', async () => {
    const { v } = host([{ ...OFFICE, title: `<b>&"'`, agent: { delayMs: 10 } }])
    const parse = (xml: string) => new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '@' }).parse(xml) as { domain: Record<string, unknown> }
    const off = (await v('dumpxml', 'ada-office')).stdout
    expect(parse(off).domain).toMatchObject({ name: 'ada-office', title: `<b>&"'`, metadata: { 'latchkey:desktop': { '@xmlns:latchkey': 'https://latchkey.example/xmlns/desktop/1', 'latchkey:user': 'ada' } } })
    expect(off).not.toMatch(/ id='1'>|path=|state=|port='5900'|passwd/)
    await v('start', 'ada-office')
    const live = (await v('dumpxml', 'ada-office')).stdout
    expect(live).toContain("<domain type='qemu' id='1'>")
    expect(live).toContain("<graphics type='spice' port='5900' autoport='yes' listen='127.0.0.1'>\n      <listen type='address' address='127.0.0.1'/>")
    expect(live).toContain("<target type='virtio' name='com.kvm-vdi.0' state='disconnected'/>")
    expect((await v('dumpxml', '--security-info', 'ada-office')).stdout).toContain(`passwd='fixed&quot;&amp;1'`)
    expect((await v('dumpxml', 'ada-office', '--inactive')).stdout).toBe(off)
    expect((await v('metadata', 'ada-office', '--uri', 'https://latchkey.example/xmlns/desktop/1')).stdout).toBe('<desktop>\n  <user>ada</user>\n  <group>g</group>\n</desktop>\n')
    expect(await v('metadata', 'ada-office', 'urn:x')).toEqual(failed('metadata not found: Requested metadata element is not present'))
    expect(await v('domdisplay', 'ada-office')).toEqual(said('spice://127.0.0.1:5900'))
  })
  it('reports the channel as connected once the agent is up', () => {
    const { office, clock } = host([{ ...OFFICE, state: 'running', agent: { delayMs: 1000 } }])
    clock.advance(999)
    expect(office.xml({ inactive: false, secure: false })).toContain("state='disconnected'")
    clock.advance(1)
    expect(office.xml({ inactive: false, secure: false })).toContain("state='connected'")
  })
})

describe('update-device', () => {
  const tcp = (attrs: string) => `<graphics type='spice' port='5900' autoport='yes' listen='127.0.0.1' ${attrs}><listen type='address' address='127.0.0.1'/></graphics>`
  const setUp = (options: readonly DomainOptions[] = [{ ...OFFICE, state: 'running' }]) => {
    const h = host(options)
    const update = (xml: string, domain = options[0]!.name) => h.run(['-q', '-c', 'qemu:///system', 'update-device', domain, '/dev/stdin', '--live'], xml)
    const ticket = () => (h.office.display as BlankDisplay).options.ticket()
    return { ...h, update, ticket }
  }
  it('changes the ticket and its expiry, decoding entities, and nothing else', async () => {
    const { update, ticket, v } = setUp()
    expect(ticket()).toEqual({ kind: 'ticket', value: `fixed"&1` })
    expect(await update(tcp(`passwd='a&amp;&quot;b' passwdValidTo='2036-11-24T22:06:58'`))).toEqual(said(''))
    expect(ticket()).toEqual({ kind: 'ticket', value: 'a&"b', validUntil: Date.UTC(2036, 10, 24, 22, 6, 58) })
    expect((await v('dumpxml', 'ada-office', '--security-info')).stdout).toContain(`passwd='a&amp;&quot;b' passwdValidTo='2036-11-24T22:06:58'`)
    expect((await v('dumpxml', 'ada-office')).stdout).not.toContain('passwd')
    const fails = async (xml: string, why: string) => expect(await update(xml)).toEqual(failed('Failed to update device from /dev/stdin', why))
    await fails(`<graphics type='spice' port='5900' autoport='no' listen='127.0.0.1' passwd='x'/>`, 'Operation not supported: cannot change port settings on spice graphics')
    await fails(`<graphics type='spice' port='5900' autoport='yes' listen='0.0.0.0' passwd='x'/>`, "Operation not supported: cannot change listen address setting on 'spice' graphics")
    await fails(`<graphics type='vnc' passwd='x'/>`, "device not found: cannot find existing graphics device to modify of type 'vnc'")
    await fails(tcp(`passwd='x' passwdValidTo='nonsense'`), "internal error: cannot parse password validity time 'nonsense', expect YYYY-MM-DDTHH:MM:SS")
    await fails('<disk/>', 'missing target information for device')
    expect((await update(`<graphics type='spice' passwd='abc`)).code).toBe(1)
    expect((await update(' ')).stderr).toContain("Start tag expected, '<' not found")
    expect((await update(`<!DOCTYPE g [<!ENTITY a "b">]>${tcp("passwd='&a;'")}`)).code).toBe(1)
    expect(ticket()).toMatchObject({ value: 'a&"b' })
    expect(await v('update-device', 'ada-office', '/nix', '--live')).toEqual(failed("Failed to open file '/nix': No such file or directory"))
  })
  it('cannot set one where the machine runs without tickets, where it is refused, or where nothing runs', async () => {
    const none = "internal error: unable to execute QEMU command 'set_password': Could not set password"
    const { update } = setUp([{ ...UNIXY, state: 'running' }, OFFICE, { ...BARE, state: 'running' }])
    expect(await update(`<graphics type='spice' passwd='x'><listen type='socket' socket='/var/lib/libvirt/qemu/domain-1-unixy/spice.sock'/></graphics>`)).toEqual(failed('Failed to update device from /dev/stdin', none))
    expect(await update(tcp(`passwd='x'`))).toEqual(failed('Failed to update device from /dev/stdin', "Operation not supported: cannot change the type of listen address on 'spice' graphics"))
    expect(await update(tcp(`passwd='x'`), 'ada-office')).toEqual(failed('Failed to update device from /dev/stdin', 'Requested operation is not valid: domain is not running'))
    expect(await update(tcp(`passwd='x'`), 'noconsole')).toEqual(failed('Failed to update device from /dev/stdin', "device not found: cannot find existing graphics device to modify of type 'spice'"))
    const other = setUp()
    other.faults.ticketRefused = true
    expect(await other.update(tcp(`passwd='x'`))).toEqual(failed('Failed to update device from /dev/stdin', none))
    expect(other.ticket()).toMatchObject({ value: `fixed"&1` })
  })
})
