import { describe, expect, it } from 'vitest'
import { AppError } from '../../core/errors.ts'
import { Redactor } from '../../core/redactor.ts'
import { callContext, ManualClock, recordingLogger, settle } from '../../core/testkit.ts'
import { LibvirtEndpoint } from '../../../shared/config/endpoint.ts'
import type { DesktopId, PowerState } from '../../../shared/desktop.ts'
import { assignmentRule } from './assignment.ts'
import { LibvirtSession } from './session.ts'
import { assigned, failure, fails, FakeHypervisor, ok, SPICE, UUIDS, type FakeDomain } from './testkit.ts'
import { virshCommands } from './virsh.ts'

const id = (n: 0 | 1 | 2): DesktopId => UUIDS[n] as DesktopId
const mine = (more: Partial<FakeDomain> = {}): FakeDomain => ({ uuid: UUIDS[0], name: 'ada-1', state: 1, id: 1, metadata: assigned('ada'), ...more })
const foreign: FakeDomain = { uuid: UUIDS[1], name: 'grace-1', state: 1, id: 2, metadata: assigned('grace') }

function setUp(domains: FakeDomain[], config: Record<string, unknown> = {}) {
  const h = new FakeHypervisor(...domains)
  const clock = new ManualClock()
  const redactor = new Redactor()
  const uri = 'qemu+ssh://h/system?known_hosts=/k'
  const endpoint = { ...LibvirtEndpoint.parse({ id: 'x', label: 'X', kind: 'libvirt', access: 'person', uri, startSeconds: 10, ...config }), uri }
  const session = new LibvirtSession({ endpoint, connection: h, virsh: virshCommands(endpoint.virsh, 'qemu:///system'), user: 'ada', mayUse: assignmentRule(endpoint.desktops, 'ada'), redactor, clock })
  const log = recordingLogger()
  return { h, clock, redactor, session, log, ctx: callContext(undefined, log) }
}

describe('list', () => {
  it('gives this person\'s desktops, by title, with states', async () => {
    const { session, ctx, h } = setUp([
      mine({ xml: `<domain id='1'><name>ada-1</name><uuid>${UUIDS[0]}</uuid><title>Zed\u202e&#10;two</title><description>&#10; first \nsecond</description><metadata>${assigned('ada')}</metadata></domain>\n` }),
      foreign,
      mine({ uuid: UUIDS[2], name: 'by-group', metadata: assigned('@staff'), state: 5, saved: true }),
    ])
    delete h.domains[2]!.id
    expect(await session.listDesktops(ctx)).toEqual([
      { id: UUIDS[2], title: 'by-group', detail: '', power: 'saved' },
      { id: UUIDS[0], title: 'Zed\u00a0', detail: 'first', power: 'running' },
    ])
  })

  it('needs two turns: three commands side by side, then one for all domains', async () => {
    const { session, ctx, h } = setUp([mine(), foreign])
    await session.listDesktops(ctx)
    expect(h.texts).toEqual(['list --all --uuid', 'id -Gn ada', 'date +%s', `list --all --uuid --with-managed-save; domstats --state; dumpxml ${UUIDS[0]}; dumpxml ${UUIDS[1]}`])
    expect(h.calls[0]!.argv).toEqual(['env', 'LC_ALL=C', 'virsh', '-q', '-c', 'qemu:///system', 'list', '--all', '--uuid'])
  })

  it.each([
    ['pattern', { assign: 'pattern', pattern: '{user}-*' }, ['ada-1']],
    ['all', { assign: 'all' }, ['ada-1', 'grace-1']],
  ])('assign: %s', async (_name, desktops, names) => {
    const { session, ctx, h } = setUp([mine({ metadata: '' }), foreign], { desktops })
    expect((await session.listDesktops(ctx)).map((d) => d.title)).toEqual(names)
    expect(h.texts).not.toContain('id -Gn ada')
  })

  it('nothing assigned, nothing there', async () => {
    const some = setUp([foreign])
    expect((await failure(some.session.listDesktops(some.ctx))).code).toBe('desktop.none-assigned')
    const none = setUp([])
    expect((await failure(none.session.listDesktops(none.ctx))).code).toBe('desktop.none-assigned')
  })

  it('a broken or vanished domain does not hide the others', async () => {
    const { session, ctx, h, log } = setUp([mine({ uuid: UUIDS[2], xml: `<domain>&evil;${assigned('ada')}</domain>\n` }), mine()])
    h.answer = (call) => (call.text === 'list --all --uuid' ? ok([...UUIDS].join('\n')) : undefined)
    expect((await session.listDesktops(ctx)).map((d) => d.id)).toEqual([UUIDS[0]])
    expect(log.lines.map((l) => l.level)).toEqual(['warn'])
  })

  it('a person unknown to the hypervisor has no groups, and is told to the log', async () => {
    const { session, ctx, h, log } = setUp([mine({ metadata: assigned('ada') }), { ...foreign, metadata: assigned('@staff') }])
    h.answer = (call) => (call.text.startsWith('id ') ? fails('id: no such user') : undefined)
    expect((await session.listDesktops(ctx)).map((d) => d.id)).toEqual([UUIDS[0]])
    expect(log.lines).toHaveLength(1)
  })

  it.each([
    ["error: failed to connect to the hypervisor\nerror: authentication unavailable: no polkit agent available to authenticate action 'org.libvirt.unix.manage'", 1, 'hypervisor.denied'],
    ["error: failed to connect to the hypervisor\nerror: Failed to connect socket to '/var/run/libvirt/libvirt-sock': Permission denied", 1, 'hypervisor.denied'],
    ["error: failed to connect to the hypervisor\nerror: Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory", 1, 'hypervisor.unavailable'],
    ['sh: 1: virsh: not found', 127, 'hypervisor.unavailable'],
    ['Password change required but no TTY available.', 1, 'auth.locked'],
    ['error: something new', 1, 'hypervisor.protocol'],
  ])('%s', async (stderr, status, code) => {
    const { session, ctx, h } = setUp([mine()])
    h.answer = (call) => (call.text === 'list --all --uuid' ? fails(stderr, status) : undefined)
    expect((await failure(session.listDesktops(ctx))).code).toBe(code)
  })

  it('asks about many domains in several commands', async () => {
    const many = Array.from({ length: 450 }, (_, i) => mine({ uuid: `6f0c1c0e-6a6b-4a51-9a0c-${String(i).padStart(12, '0')}`, name: `d${i}` }))
    const { session, ctx, h } = setUp(many)
    expect(await session.listDesktops(ctx)).toHaveLength(450)
    expect(h.texts.filter((t) => t.includes('dumpxml'))).toHaveLength(3)
  })
})

describe('only this person\'s desktops', () => {
  it.each(['powerState', 'openConsole', 'credentialPath', 'powerOn'] as const)('%s of a foreign, unknown or malformed id: desktop.not-found', async (what) => {
    const { session, ctx, h } = setUp([mine(), foreign])
    for (const wrong of [id(1), id(2), '--help' as DesktopId, `${UUIDS[0]}; start ${UUIDS[1]}` as DesktopId]) {
      const call = what === 'powerOn' ? session.powerOn(wrong, () => {}, ctx) : session[what](wrong, ctx)
      expect((await failure(call)).code).toBe('desktop.not-found')
    }
    expect(h.texts.some((t) => /^(start|update-device)/.test(t))).toBe(false)
  })
  it('an assignment taken away counts within a second', async () => {
    const { session, ctx, h, clock } = setUp([mine()])
    await session.listDesktops(ctx)
    await clock.advance(1_001)
    h.domains[0]!.metadata = assigned('grace')
    expect((await failure(session.openConsole(id(0), ctx))).code).toBe('desktop.not-found')
  })
})

describe('power', () => {
  const run = async (domain: Partial<FakeDomain>, prepare: (h: FakeHypervisor) => void = () => {}) => {
    const s = setUp([mine(domain)])
    if (domain.state === 5) delete s.h.domains[0]!.id
    prepare(s.h)
    const states: PowerState[] = []
    const done = s.session.powerOn(id(0), (p) => states.push(p), s.ctx)
    done.catch(() => {})
    return { ...s, states, done }
  }
  it.each([
    ['running', { state: 1 }, [], ['running']],
    ['off', { state: 5 }, [`start ${UUIDS[0]}`], ['off', 'starting', 'running']],
    ['saved', { state: 5, saved: true }, [`start ${UUIDS[0]}`], ['saved', 'starting', 'running']],
    ['paused', { state: 3 }, [`resume ${UUIDS[0]}`], ['paused', 'running']],
    ['suspended', { state: 7 }, [`dompmwakeup ${UUIDS[0]}`], ['suspended', 'running']],
  ])('from %s', async (_name, domain, commands, expected) => {
    const { done, h, states } = await run(domain)
    await done
    expect(h.texts.filter((t) => /^(start|resume|dompmwakeup)/.test(t))).toEqual(commands)
    expect(states).toEqual(expected)
  })
  it('waits for a domain that is going down, then starts it', async () => {
    const { done, h, clock, states } = await run({ state: 4 })
    await clock.advance(500)
    h.domains[0]!.state = 5
    delete h.domains[0]!.id
    await clock.advance(250)
    await done
    expect(states).toEqual(['stopping', 'off', 'starting', 'running'])
  })
  it('waits where QEMU is being started by somebody else', async () => {
    const { done, h, clock, states } = await run({ state: 3, reason: 11 })
    await clock.advance(250)
    h.domains[0]!.state = 1
    await clock.advance(250)
    await done
    expect(states).toEqual(['starting', 'running'])
    expect(h.texts.some((t) => t.startsWith('resume'))).toBe(false)
  })
  it('libvirt\'s own words are in the detail, not in what is shown', async () => {
    const { done } = await run({ state: 5 }, (h) => (h.answer = (c) => (c.text.startsWith('start') ? fails("error: Failed to start domain 'ada-1'\nerror: internal error: cannot find disk\n") : undefined)))
    const error = await failure(done)
    expect(error.code).toBe('desktop.start-failed')
    expect(error.detail).toContain('cannot find disk')
    expect(error.params).toEqual({})
  })
  // libvirt 9.0's words; the first three speak of the VM's own files and devices, not of us and libvirt.
  it.each([
    ["error: Failed to start domain 'ada-1'\nerror: unable to stat: /srv/vmlinuz: No such file or directory\n", 'desktop.start-failed'],
    ["error: Failed to start domain 'ada-1'\nerror: Cannot access storage file '/srv/a.qcow2' (as uid:64055, gid:64055): Permission denied\n", 'desktop.start-failed'],
    ["error: Failed to start domain 'ada-1'\nerror: internal error: process exited while connecting to monitor: failed to connect to /run/swtpm.sock: Connection refused\n", 'desktop.start-failed'],
    ['error: access denied', 'hypervisor.denied'],
    ["error: Failed to start domain 'ada-1'\nerror: operation forbidden: read only access prevents virDomainCreateWithFlags\n", 'hypervisor.denied'],
    ["error: failed to connect to the hypervisor\nerror: Failed to connect socket to '/var/run/libvirt/libvirt-sock': Connection refused\n", 'hypervisor.unavailable'],
    ["error: Failed to start domain 'ada-1'\nerror: End of file while reading data: Input/output error\n", 'hypervisor.unavailable'],
  ])('a start that fails with %j is %s', async (words, code) => {
    const { done } = await run({ state: 5 }, (h) => (h.answer = (c) => (c.text.startsWith('start') ? fails(words) : undefined)))
    expect((await failure(done)).code).toBe(code)
  })
  it('somebody else started it meanwhile', async () => {
    const { done, h, clock } = await run({ state: 5 })
    h.answer = (c) => {
      if (!c.text.startsWith('start')) return undefined
      Object.assign(h.domains[0]!, { state: 1, id: 4 })
      return fails('error: Domain is already active')
    }
    await clock.advance(250)
    await done
  })
  it('a domain that stops right after each start', async () => {
    const { done, h } = await run({ state: 5 }, (x) => (x.answer = (c) => (c.text.startsWith('start') ? ok() : undefined)))
    expect((await failure(done)).code).toBe('desktop.start-failed')
    expect(h.texts.filter((t) => t.startsWith('start'))).toHaveLength(3)
  })
  it('a crashed domain that is kept is not started over', async () => {
    expect((await failure((await run({ state: 6 })).done)).code).toBe('desktop.start-failed')
  })
  it('a deadline', async () => {
    const { done, clock } = await run({ state: 4 })
    await clock.advance(10_500)
    expect((await failure(done)).code).toBe('desktop.start-timeout')
  })
  it('a virsh that hangs until the deadline is a start-timeout too', async () => {
    const s = await run({ state: 5 }, (h) => (h.answer = (c) => (c.text.startsWith('start') ? s0.hang() : undefined)))
    await s.clock.advance(10_000)
    s0.release()
    expect((await failure(s.done)).code).toBe('desktop.start-timeout')
  })
  const s0 = { release: () => {}, hang: () => new Promise<never>((_r, reject) => (s0.release = () => reject(new AppError('ssh.exec-failed', 'time limit')))) }
  it('can be cancelled while waiting', async () => {
    const s = setUp([mine({ state: 4 })])
    const abort = new AbortController()
    const done = failure(s.session.powerOn(id(0), () => {}, callContext(abort.signal)))
    await settle()
    abort.abort()
    expect((await done).code).toBe('cancelled')
    expect(s.clock.pending).toBe(0)
  })
})

describe('console', () => {
  it('sets a one-time ticket by standard input, on the hypervisor\'s clock', async () => {
    const { session, ctx, h, redactor } = setUp([mine()])
    const grant = await session.openConsole(id(0), ctx)
    expect(grant).toMatchObject({ ticketKind: 'one-time', hops: [{ via: 'ssh-tcp', host: '127.0.0.1', port: 5901, ssh: { connection: h } }] })
    const update = h.calls.find((c) => c.text.startsWith('update-device'))!
    expect(update.text).toBe(`update-device ${UUIDS[0]} /dev/stdin --live`)
    const ticket = grant.ticket!.use((b) => b.toString())
    expect(ticket).toMatch(/^[0-9a-f]{32}$/)
    expect(update.stdin).toBe(`<graphics type="spice" port="5901" autoport="yes" listen="127.0.0.1" passwd="${ticket}" passwdValidTo="2033-05-18T03:33:50"><listen type="address" address="127.0.0.1"/><image compression="off"/></graphics>`)
    expect(h.calls.flatMap((c) => c.argv).join(' ')).not.toContain(ticket)
    expect(redactor.redact(update.stdin)).not.toContain(ticket)
    grant.ticket!.dispose()
    expect(redactor.size).toBe(0)
  })
  it('every connection has a ticket of its own', async () => {
    const { session, ctx } = setUp([mine()])
    const [a, b] = [await session.openConsole(id(0), ctx), await session.openConsole(id(0), ctx)]
    expect(a.ticket!.equals(b.ticket!)).toBe(false)
  })
  it('takes our clock where the hypervisor has no date', async () => {
    const { session, ctx, h, clock } = setUp([mine()])
    h.dateSeconds = undefined
    await session.openConsole(id(0), ctx)
    expect(h.calls.at(-1)!.stdin).toContain(`passwdValidTo="${new Date(clock.wall() + 30_000).toISOString().slice(0, 19)}"`)
  })
  it.each([
    [SPICE.replaceAll('127.0.0.1', '0.0.0.0'), { via: 'ssh-tcp', host: '127.0.0.1', port: 5901 }],
    [SPICE.replaceAll('127.0.0.1', '::'), { via: 'ssh-tcp', host: '127.0.0.1', port: 5901 }],
    [SPICE.replaceAll('127.0.0.1', '10.0.0.9'), { via: 'ssh-tcp', host: '10.0.0.9', port: 5901 }],
    ["<graphics type='spice'><listen type='socket' socket='/run/d.sock'/></graphics>", { via: 'ssh-unix', path: '/run/d.sock' }],
  ])('display %s', async (graphics, hop) => {
    const { session, ctx } = setUp([mine({ graphics })])
    expect((await session.openConsole(id(0), ctx)).hops).toMatchObject([hop])
  })
  it.each([
    ["<graphics type='vnc' port='5900'/>", 'desktop.no-spice'],
    ["<graphics type='spice' port='-1' tlsPort='5902'/>", 'desktop.no-spice'],
    ["<graphics type='spice'><listen type='none'/></graphics>", 'desktop.no-spice'],
  ])('no way: %s', async (graphics, code) => {
    const { session, ctx } = setUp([mine({ graphics })])
    expect((await failure(session.openConsole(id(0), ctx))).code).toBe(code)
  })
  it('a domain that does not run has no display', async () => {
    const { session, ctx, h } = setUp([mine({ state: 5 })])
    delete h.domains[0]!.id
    expect((await failure(session.openConsole(id(0), ctx))).code).toBe('spice.display-closed')
  })

  const denied = (c: { text: string }) => (c.text.startsWith('update-device') ? fails('error: Failed to update device\nerror: access denied') : undefined)
  it('where setting is denied: the ticket of the XML', async () => {
    const { session, ctx, h, redactor } = setUp([mine({ passwd: 'fix &amp; ed' })])
    h.answer = denied
    const grant = await session.openConsole(id(0), ctx)
    expect([grant.ticketKind, grant.ticket?.use((b) => b.toString())]).toEqual(['fixed', 'fix & ed'])
    expect(h.texts.at(-1)).toBe(`dumpxml --security-info ${UUIDS[0]}`)
    grant.ticket?.dispose()
    expect(redactor.size).toBe(0)
  })
  it('where the XML has none: none', async () => {
    const { session, ctx, h } = setUp([mine()])
    h.answer = denied
    expect(await session.openConsole(id(0), ctx)).toMatchObject({ ticketKind: 'none', ticket: undefined })
  })
  it('a display that was started without tickets: none', async () => {
    const { session, ctx, h } = setUp([mine()])
    h.answer = (c) => (c.text.startsWith('update-device') ? fails("error: Failed to update device from /dev/stdin\nerror: internal error: unable to execute QEMU command 'set_password': Could not set password") : undefined)
    expect(await session.openConsole(id(0), ctx)).toMatchObject({ ticketKind: 'none', ticket: undefined })
  })
  it.each([
    ['neither setting nor reading is allowed', (c: { text: string }) => denied(c) ?? (c.text.startsWith('dumpxml --sec') ? fails('error: access denied') : undefined)],
    ['libvirt refuses for another reason', (c: { text: string }) => (c.text.startsWith('update-device') ? fails('error: internal error: monitor') : undefined)],
  ])('%s: spice.ticket-set-failed, and no secret is left', async (_name, answer) => {
    const { session, ctx, h, redactor } = setUp([mine()])
    h.answer = answer
    expect((await failure(session.openConsole(id(0), ctx))).code).toBe('spice.ticket-set-failed')
    expect(redactor.size).toBe(0)
  })
  it('an expired fixed ticket is not offered', async () => {
    const { session, ctx, h } = setUp([mine({ graphics: SPICE.replace('<graphics', "<graphics passwdValidTo='2001-01-01T00:00:00'"), passwd: 'old' })])
    h.answer = denied
    expect((await failure(session.openConsole(id(0), ctx))).code).toBe('spice.ticket-set-failed')
  })
  it('cancelled while the ticket was set: no secret is left', async () => {
    const { session, h, redactor } = setUp([mine()])
    const abort = new AbortController()
    h.answer = (c) => {
      if (c.text.startsWith('update-device')) abort.abort()
      return undefined
    }
    expect((await failure(session.openConsole(id(0), callContext(abort.signal)))).code).toBe('cancelled')
    expect(redactor.size).toBe(0)
  })
})

describe('way to the guest', () => {
  const channel = (name: string, path = `/run/${name}`) => `<channel type='unix'><source mode='bind' path='${path}'/><target type='virtio' name='${name}' state='disconnected'/></channel>`
  it('takes the first configured name that the live domain has', async () => {
    const { session, ctx, h, clock } = setUp([mine({ channels: channel('com.redhat.rhevm.vdsm') + channel('ovirt-guest-agent.0') })])
    expect(await session.credentialPath(id(0), ctx)).toEqual({ kind: 'guest-channel', name: 'ovirt-guest-agent.0', hops: [{ via: 'ssh-unix', ssh: { connection: h }, path: '/run/ovirt-guest-agent.0' }], guestConnected: false, helper: undefined })
    h.domains[0]!.channels = channel('com.kvm-vdi.0', '/run/other')
    await clock.advance(1_001)
    expect(await session.credentialPath(id(0), ctx)).toMatchObject({ name: 'com.kvm-vdi.0', hops: [{ path: '/run/other' }] })
  })
  it('none', async () => {
    const { session, ctx } = setUp([mine({ channels: channel('org.qemu.guest_agent.0') })])
    expect(await session.credentialPath(id(0), ctx)).toEqual({ kind: 'none', channelNames: ['com.kvm-vdi.0', 'ovirt-guest-agent.0', 'com.redhat.rhevm.vdsm'] })
  })
  it('carries the configured helper', async () => {
    const { session, ctx, h } = setUp([mine()], { signOn: { helper: ['sudo', '-n', 'latchkey-channel'] } })
    expect(await session.credentialPath(id(0), ctx)).toMatchObject({ helper: { ssh: { connection: h }, argv: ['sudo', '-n', 'latchkey-channel'] } })
  })
})

describe('the way from the list to the console', () => {
  const looks = (h: FakeHypervisor) => h.texts.filter((t) => t.includes('dumpxml')).length
  it('looks at a running domain once', async () => {
    const { session, ctx, h } = setUp([mine()])
    await session.listDesktops(ctx)
    await session.powerOn(id(0), () => {}, ctx)
    await Promise.all([session.openConsole(id(0), ctx), session.credentialPath(id(0), ctx)])
    expect(looks(h)).toBe(1)
    await session.powerState(id(0), ctx)
    expect(looks(h)).toBe(2)
  })
  it('looks again after a second, and always at one that did not run', async () => {
    const { session, ctx, h, clock } = setUp([mine(), mine({ uuid: UUIDS[2], name: 'ada-2', state: 3 })])
    await session.listDesktops(ctx)
    await session.powerOn(id(2), () => {}, ctx)
    expect(looks(h)).toBe(3)
    await clock.advance(1_001)
    await session.credentialPath(id(0), ctx)
    expect(looks(h)).toBe(4)
  })
  it('reads the domain anew where libvirt says that its display is another one by now', async () => {
    const { session, ctx, h } = setUp([mine()])
    await session.listDesktops(ctx)
    h.domains[0]!.graphics = SPICE.replace('5901', '5977')
    h.answer = (c) => (c.stdin.includes('5901') ? fails('error: Failed to update device\nerror: internal error: cannot change port settings on spice graphics') : undefined)
    expect((await session.openConsole(id(0), ctx)).hops).toMatchObject([{ port: 5977 }])
  })
})

describe('end', () => {
  it('tells the loss once and closes without an error', async () => {
    const { session, h } = setUp([mine()])
    const seen: unknown[] = []
    session.onLost((why) => seen.push(why?.code))
    h.lose(new AppError('ssh.lost', 'gone'))
    await session.close()
    expect(seen).toEqual(['ssh.lost'])
    const other = setUp([mine()])
    other.session.onLost((why) => seen.push(why))
    await other.session.close()
    expect(seen).toEqual(['ssh.lost', undefined])
    expect((await failure(other.session.listDesktops(other.ctx))).code).toBe('ssh.lost')
  })
})
