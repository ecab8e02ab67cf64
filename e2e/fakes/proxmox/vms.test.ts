// Why: what is Proxmox VE's own about its VMs: they move, tasks work on them, the guest agent carries credentials. What every
// driver does alike is in contract.test.ts.
import { Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { toAppError, type AppError } from '../../../electron/core/errors.ts'
import type { HypervisorSession } from '../../../electron/core/ports/driver.ts'
import type { SshConnection, SshConnector, SshTarget } from '../../../electron/core/ports/ssh.ts'
import { driven, failure } from '../../../electron/drivers/http-contract/driver-rig.testkit.ts'
import { grantOf } from '../../../electron/drivers/proxmox/spiceproxy.ts'
import { closeAfterwards, code, ctx, rigged, secret, session } from './harness.ts'
import { ADA, HELPER, proxmoxRig, RIGHTS, type ProxmoxRig } from './rig.ts'

closeAfterwards()

describe('a VM that moves', () => {
  it('is found where it is now', async () => {
    const rig = await rigged()
    rig.running()
    const s = await session(rig)
    await s.listDesktops(ctx)
    rig.vm.node = 'pve2'
    expect(await s.powerState(rig.desktop, ctx)).toBe('running')
    rig.pve.state.nodes.set('pve2', 'down')
    rig.vm.node = 'pve1'
    const grant = await s.openConsole(rig.desktop, ctx)
    expect(rig.accepts(grant)).toBe(true)
    grant.ticket?.dispose()
  })
  it('whose node does not answer is told as that', async () => {
    const rig = await rigged()
    rig.running()
    const s = await session(rig)
    rig.pve.state.nodes.set('pve1', 'down')
    expect((await s.listDesktops(ctx))[0]?.power).toBe('unknown')
    const error = await failure(s.openConsole(rig.desktop, ctx))
    expect(error.code).toBe('hypervisor.unavailable')
    expect(error.params).toEqual({ server: 'No route to host' })
  })
  it('that is gone is told as that', async () => {
    const rig = await rigged()
    const s = await session(rig)
    await s.listDesktops(ctx)
    rig.pve.state.vms.delete(100)
    expect(await code(s.powerState(rig.desktop, ctx))).toBe('desktop.not-found')
  })
})

describe('power', () => {
  const up = async (rig: ProxmoxRig, s: HypervisorSession): Promise<string[]> => {
    const states: string[] = []
    await driven(rig, s.powerOn(rig.desktop, (p) => states.push(p), ctx))
    return states
  }
  it.each([
    ['paused', { status: 'running', qmpstatus: 'paused' }, 'qmresume'],
    ['asleep', { status: 'running', qmpstatus: 'suspended' }, 'qmresume'],
    ['hibernated', { status: 'stopped', qmpstatus: 'stopped', lock: 'suspended' }, 'qmstart'],
    ['off while it is backed up', { status: 'running', qmpstatus: 'prelaunch', lock: 'backup' }, 'qmstart'],
  ] as const)('brings up what is %s', async (_what, state, type) => {
    const rig = await rigged()
    Object.assign(rig.vm, state)
    expect(await up(rig, await session(rig))).toEqual(['starting', 'running'])
    expect([...rig.pve.state.tasks.keys()].map((u) => u.split(':')[5])).toEqual([type])
  })
  it('waits for high availability, whose task is over before the VM runs', async () => {
    const rig = await rigged()
    rig.vm.ha = true
    expect(await up(rig, await session(rig))).toEqual(['starting', 'running'])
    expect(rig.pve.state.tasks.size).toBe(1)
  })
  it('gives up on a VM that stops again after each start', async () => {
    const rig = await rigged()
    const s = await session(rig)
    rig.vm.start = 'dies'
    expect(await code(up(rig, s))).toBe('desktop.start-failed')
    Object.assign(rig.vm, { status: 'running', qmpstatus: 'paused' })
    expect(await code(up(rig, s))).toBe('desktop.start-failed')
  })
  it('somebody else was quicker: no error', async () => {
    const rig = await rigged()
    const s = await session(rig)
    const work = up(rig, s)
    rig.running()
    expect((await work).at(-1)).toBe('running')
  })
  it('a lock is told as what it is', async () => {
    const rig = await rigged()
    rig.vm.lock = 'migrate'
    const error = await failure(up(rig, await session(rig)))
    expect([error.code, error.params]).toEqual(['desktop.maintenance', { server: 'VM is locked (migrate)' }])
  })
  it('a task\'s end is told with the server\'s reason', async () => {
    const rig = await rigged()
    rig.running()
    rig.vm.agent = 'silent'
    const s = await session(rig)
    const error = await failure(driven(rig, s.act!(rig.desktop, 'shutdown', ctx)))
    expect([error.code, error.params]).toEqual(['desktop.action-failed', { server: 'VM quit/powerdown failed - got timeout' }])
    await driven(rig, s.act!(rig.desktop, 'reset', ctx))
    await driven(rig, s.act!(rig.desktop, 'off', ctx))
    expect(await s.powerState(rig.desktop, ctx)).toBe('off')
  })
  it('without the right to it nothing is switched', async () => {
    const rig = await rigged()
    rig.pve.state.acls.splice(0, 1)
    rig.pve.state.grant('ada@pve', '/vms/100', ['VM.Audit', 'VM.Console'])
    const error = await failure(up(rig, await session(rig)))
    expect([error.code, error.params]).toEqual(['hypervisor.denied', { server: 'Permission check failed (/vms/100, VM.PowerMgmt)' }])
  })
  it('rights of a pool are rights to its VMs', async () => {
    const rig = await rigged()
    rig.pve.state.addVm(400, { pool: 'lab', name: 'lab-1' })
    rig.pve.state.grant('ada@pve', '/pool/lab', RIGHTS)
    expect((await (await session(rig)).listDesktops(ctx)).map((d) => [d.title, d.detail])).toEqual([['ada-desk', ''], ['lab-1', 'lab']])
  })
})

describe('the console', () => {
  it('asks for the proxy that this device reaches', async () => {
    const rig = await rigged({ endpoint: { proxy: '[2001:db8::7]' } })
    rig.running()
    const grant = await (await session(rig)).openConsole(rig.desktop, ctx)
    expect(grant.hops[0]).toEqual({ via: 'tcp', host: '2001:db8::7', port: rig.pve.state.display.proxyPort })
    expect(grant.ticketKind).toBe('one-time')
    grant.ticket?.dispose()
  })
  it('a VM without SPICE, or one that is off, has none', async () => {
    const rig = await rigged()
    const s = await session(rig)
    expect(await code(s.openConsole(rig.desktop, ctx))).toBe('spice.display-closed')
    rig.running()
    rig.vm.spice = false
    expect(await code(s.openConsole(rig.desktop, ctx))).toBe('desktop.no-spice')
    expect(rig.pve.http.requests.filter((r) => r.endsWith('/spiceproxy'))).toEqual([])
  })
  it('takes the authority with either kind of line end, and no key that a line end smuggles in', async () => {
    const { pve, redactor } = await rigged()
    const { ca, subject } = pve.state.display
    const config = { 'type': 'spice', 'host': 'pvespiceproxy:6563a1b2:100:pve1::0123', 'tls-port': 61000, 'proxy': 'http://pve1.example.com:3128', 'host-subject': subject, 'password': 'abcdef', ca }
    const hops = [
      { via: 'tcp', host: 'pve1.example.com', port: 3128 },
      { via: 'http-connect', target: 'pvespiceproxy:6563a1b2:100:pve1::0123:61000' },
      { via: 'tls', host: 'pvespiceproxy:6563a1b2:100:pve1::0123', trust: { ca, subject } },
    ]
    for (const written of [ca, ca.replaceAll('\n', '\\n'), ca.replaceAll('\n', '\r\n')]) {
      const grant = grantOf({ ...config, ca: written }, redactor)
      expect(grant).toMatchObject({ hops, ticketKind: 'one-time' })
      expect(grant.secure).toBeUndefined()
      grant.ticket?.dispose()
    }
    const before = redactor.size
    for (const key of ['password', 'host', 'proxy', 'host-subject'] as const) expect(() => grantOf({ ...config, [key]: `${config[key]}\nport=5900` }, redactor)).toThrow(`control character in ${key}`)
    expect(redactor.size).toBe(before)
  })
  it('needs VM.Console, and says so', async () => {
    const rig = await rigged()
    const s = await session(rig)
    const seen = '103' as typeof rig.desktop
    Object.assign(rig.pve.state.vms.get(103)!, { status: 'running', qmpstatus: 'running' })
    const error = await failure(s.openConsole(seen, ctx))
    expect([error.code, error.params]).toEqual(['hypervisor.denied', { server: 'Permission check failed (/vms/103, VM.Console)' }])
  })
})

describe('the guest', () => {
  const path = async (rig: ProxmoxRig) => {
    rig.running()
    const made = await (await session(rig, { user: 'ada@pve' })).credentialPath(rig.desktop, ctx)
    if (made.kind !== 'api') throw new Error(made.kind)
    const logon = (): Promise<void> => driven(rig, made.logon({ user: 'ada@pve', password: secret(rig, ADA.password) }, ctx))
    return { logon, users: () => made.users!(ctx) }
  }
  it('gets name and password on standard input, without the realm', async () => {
    const rig = await rigged()
    await (await path(rig)).logon()
    expect(rig.vm.delivered).toEqual({ username: 'ada', password: ADA.password })
    expect(rig.vm.commands).toEqual([HELPER])
  })
  it.each([
    ['agent.refused', (rig: ProxmoxRig) => void (rig.vm.helperStatus = 1)],
    ['agent.no-channel', (rig: ProxmoxRig) => void (rig.vm.agent = 'none')],
    ['agent.silent', (rig: ProxmoxRig) => void (rig.vm.agent = 'silent')],
    ['agent.silent', (rig: ProxmoxRig) => void (rig.vm.status = 'stopped')],
    ['hypervisor.denied', (rig: ProxmoxRig) => void (rig.pve.state.acls[0] = { ...rig.pve.state.acls[0]!, privileges: ['VM.Audit', 'VM.Console'] })],
  ])('%s', async (expected, make) => {
    const rig = await rigged()
    const guest = await path(rig)
    make(rig)
    expect(await code(guest.logon())).toBe(expected)
  })
  it('a helper that does not exist there is refused', async () => {
    const rig = await rigged({ endpoint: { signOn: { helper: ['sign-on'] } } })
    expect(await code((await path(rig)).logon())).toBe('agent.refused')
  })
  it('tells who is in, Windows in any spelling', async () => {
    const rig = await rigged()
    const guest = await path(rig)
    expect(await guest.users()).toEqual([])
    rig.vm.users = [{ user: 'ADA', domain: 'CORP' }, { user: 'Eve', domain: 'CORP' }, { user: 'ADA' }]
    expect(await guest.users()).toEqual(['ada', 'Eve', 'ADA'])
    rig.vm.agent = 'silent'
    expect(await code(guest.users())).toBe('agent.silent')
    rig.pve.state.acls[0] = { ...rig.pve.state.acls[0]!, privileges: ['VM.Audit'] }
    expect(await guest.users()).toBeUndefined()
  })
  it('is left alone where IT configured no way to it', async () => {
    const rig = await rigged({ endpoint: { signOn: {} } })
    rig.running()
    expect(await (await session(rig)).credentialPath(rig.desktop, ctx)).toEqual({ kind: 'none', channelNames: [] })
  })
})

describe('SSH to the nodes', () => {
  const uri = 'qemu+ssh://latchkey@{node}.example.com/system?keyfile=/etc/latchkey/key&known_hosts=/etc/latchkey/known_hosts'
  it('opens the VM\'s own channel where the VM is', async () => {
    const targets: SshTarget[] = []
    const closed: string[] = []
    const connector: SshConnector = {
      connect: (target, credential) => {
        targets.push(target)
        expect(credential).toEqual({ kind: 'key', keyFile: '/etc/latchkey/key' })
        const connection: SshConnection = { exec: () => Promise.reject(new Error()), stream: () => Promise.resolve(new Duplex()), forwardUnix: () => Promise.resolve(new Duplex()), forwardTcp: () => Promise.resolve(new Duplex()), onClosed: () => undefined, closed: false, close: () => void closed.push(target.host) }
        return Promise.resolve(connection)
      },
      verifyPassword: () => Promise.reject(new Error()),
      identify: () => Promise.reject(new Error()),
    }
    const rig = await rigged({ connector, endpoint: { signOn: { ssh: { uri }, helper: HELPER } } })
    rig.running()
    const s = await session(rig)
    expect(await s.credentialPath(rig.desktop, ctx)).toMatchObject({ kind: 'guest-channel', name: 'com.kvm-vdi.0', hops: [{ via: 'ssh-unix', path: '/var/run/qemu-server/100.kvm-vdi' }] })
    await s.credentialPath(rig.desktop, ctx)
    rig.vm.node = 'pve2'
    await s.credentialPath(rig.desktop, ctx)
    expect(targets.map((t) => [t.username, t.host, t.knownHosts])).toEqual([['latchkey', 'pve1.example.com', '/etc/latchkey/known_hosts'], ['latchkey', 'pve2.example.com', '/etc/latchkey/known_hosts']])
    await s.close()
    await expect.poll(() => closed.sort()).toEqual(['pve1.example.com', 'pve2.example.com'])
  })
  it.each([
    [{ uri: 'qemu+ssh://{node}/system' }],
    [{ uri, socket: '/run/one.sock' }],
    [{ uri, socket: 'run/{vmid}' }],
    [{ uri: `${uri}&no_verify=1` }],
  ])('%j cannot work', async (ssh) => {
    const error: AppError = await proxmoxRig({ endpoint: { signOn: { ssh } } }).then(() => { throw new Error('it was taken') }, toAppError)
    expect(error.code).toBe('config.invalid')
  })
})
