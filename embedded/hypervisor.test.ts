// Why: the parts together, over SSH as the kiosk uses them: list, start, ticket, SPICE link, credentials, confirmation,
// and each kind of bad luck that can be switched on.
import net from 'node:net'
import { duplexPair } from 'node:stream'
import ssh2, { type Client } from 'ssh2'
import { afterEach, describe, expect, it } from 'vitest'
import { demoOptions, demoPeople, DEVICE_ACCOUNT, TRICKY_PASSWORD } from './demo-options.ts'
import { startEmbeddedHypervisor, type EmbeddedHypervisor, type HypervisorOptions } from './hypervisor.ts'
import { DesktopScreen } from './spice/desktop-screen.ts'
import { encryptTicket, linkBytes, readReply, Wire } from './spice/testkit.ts'
import { AgentLine, channelPath, connect, exec, forwardTcp, forwardUnix, virsh } from './testkit.ts'
import { BlankDisplay } from './vm/display.ts'
import type { SpiceDisplay } from './vm/spice-display.ts'

const running: EmbeddedHypervisor[] = []
const start = async (o: HypervisorOptions): Promise<EmbeddedHypervisor> => {
  const hv = await startEmbeddedHypervisor({ listen: false, ...o })
  running.push(hv)
  return hv
}
afterEach(async () => {
  for (const hv of running.splice(0)) await hv.stop()
})
const ada = { name: 'ada', password: TRICKY_PASSWORD }
const grace = { name: 'grace', password: TRICKY_PASSWORD }
const blank = { display: (d: ConstructorParameters<typeof BlankDisplay>[0]) => new BlankDisplay(d) }
const small: HypervisorOptions = { ...blank, users: [ada], domains: [{ name: 'vm', users: ['ada'], state: 'running', guest: { accounts: [ada] }, agent: { delayMs: 0, confirmMs: 0, sessionMessages: true } }] }
const password = (p: { name: string; password: string }) => ({ username: p.name, password: p.password })
const gone = (client: Client): Promise<string> => new Promise((resolve) => client.on('close', () => resolve('gone')))

/** Links one SPICE channel through the forward and gives the server's verdict. */
async function spiceLink(client: Client, port: number, ticket: string): Promise<number> {
  const wire = new Wire(await forwardTcp(client, '127.0.0.1', port))
  wire.stream.write(linkBytes())
  const mechanism = Buffer.from([1, 0, 0, 0])
  wire.stream.write(Buffer.concat([mechanism, encryptTicket((await readReply(wire)).pubKey, ticket)]))
  return (await wire.read(4)).readUInt32LE()
}

describe('the demo, end to end', () => {
  it('starts a desktop, signs in by the channel and shows it on a real SPICE server with a one-time ticket', async () => {
    const demo = demoOptions({ grace: TRICKY_PASSWORD })
    const hv = await start({ ...demo, domains: demo.domains.filter((d) => d.name === 'grace-office').map((d) => ({ ...d, startMs: 0, agent: { ...d.agent, delayMs: 0, confirmMs: 0 } })) })
    const { client } = await connect(hv, password(grace))
    expect(await virsh(client, ['start', 'grace-office'])).toMatchObject({ code: 0 })
    const line = new AgentLine(await forwardUnix(client, await channelPath(client, 'grace-office')))
    line.send('refresh', { apiVersion: 3 })
    expect(await line.hear('active-user')).toMatchObject({ name: 'None' })
    line.send('login', { username: grace.name, password: grace.password })
    await line.hear('session-logon')
    const display = hv.domains.get('grace-office')!.display as SpiceDisplay
    expect(display.server.screen).toBeInstanceOf(DesktopScreen)

    const ticket = 'f00d'.repeat(8)
    const xml = /<graphics[\s\S]*<\/graphics>/.exec((await virsh(client, ['dumpxml', 'grace-office'])).stdout)![0]
    const validTo = new Date(Date.now() + 30_000).toISOString().slice(0, 19)
    const update = await virsh(client, ['update-device', 'grace-office', '/dev/stdin', '--live'], xml.replace("type='spice'", `type='spice' passwd='${ticket}' passwdValidTo='${validTo}'`))
    expect(update).toEqual({ code: 0, stdout: '', stderr: '' })
    expect([await spiceLink(client, 5900, ticket), await spiceLink(client, 5900, 'wrong')]).toEqual([0, 7])

    const log = JSON.stringify(hv.events.all)
    expect(log).toContain('agent-login')
    expect([log.includes(ticket), log.includes(JSON.stringify(TRICKY_PASSWORD).slice(1, -1))]).toEqual([false, false])
    expect(hv.events.of('exec-end').find((e) => e.argv.includes('update-device'))!.stdinBytes).toBeGreaterThan(100)
    const again = await channelPath(client, 'grace-office')
    await virsh(client, ['destroy', 'grace-office'])
    await virsh(client, ['start', 'grace-office'])
    expect(await channelPath(client, 'grace-office')).toBe(again.replace('domain-1-', 'domain-2-'))
    expect(line.ended).toBe(true)
  })

  it('casts one desktop, two, and one without a channel; every person and the device can sign in', async () => {
    const demo = demoOptions()
    const hv = await start({ ...blank, ...demo })
    const mine = (user: string) => [...hv.domains.values()].filter((d) => d.options.users?.includes(user))
    expect([mine('ada').length, mine('grace').length, mine('linus').length]).toEqual([1, 2, 1])
    expect(mine('linus')[0]!.channel).toBeUndefined()
    for (const person of Object.values(demoPeople)) (await connect(hv, password(person))).client.end()
    const { client } = await connect(hv, { username: DEVICE_ACCOUNT, privateKey: hv.deviceKey.privateKey })
    expect(await virsh(client, ['domstats', '--state', 'grace-windows'])).toMatchObject({ stdout: "Domain: 'grace-windows'\n  state.state=5\n  state.reason=5\n" })
    for (const d of demo.domains.filter((x) => x.guest?.accounts?.length)) expect(hv.domains.get(d.name)!.guest.check(d.guest!.accounts![0]!.name, d.guest!.accounts![0]!.password)).toBeDefined()
  })

  it('carries credentials through the helper too', async () => {
    const hv = await start(small)
    const { client } = await connect(hv, password(ada))
    const path = await channelPath(client, 'vm')
    const stream = await new Promise<ssh2.ClientChannel>((resolve, reject) => client.exec(`latchkey-channel '${path}'`, (e, s) => (e ? reject(e) : resolve(s))))
    const line = new AgentLine(stream)
    line.send('login', { username: ada.name, password: ada.password })
    expect(await line.hear('session-logon')).toBeDefined()
    stream.end()
    const { stdinBytes, exit, argv } = await hv.events.until('exec-end', (e) => e.argv[0] === 'latchkey-channel')
    expect([exit, argv, stdinBytes > 20]).toEqual([0, ['latchkey-channel', path], true])
    expect(await exec(client, ['latchkey-channel', '/nix'])).toMatchObject({ code: 1, stderr: 'latchkey-channel: /nix: No such file or directory\n' })
  })
})

describe('bad luck', () => {
  const tcp = (hv: EmbeddedHypervisor): Promise<string> => connect(hv, { ...password(ada), tcp: true, readyTimeout: 60_000 }).then(({ client }) => { client.end(); return 'ready' }, (e: { code?: string; level?: string; message: string }) => e.code ?? e.level ?? e.message)

  it('refuses, resets in the handshake, comes back on the same port', async () => {
    const hv = await start({ ...small, listen: true })
    expect(await tcp(hv)).toBe('ready')
    await hv.refuseConnections(true)
    expect(await tcp(hv)).toBe('ECONNREFUSED')
    await hv.refuseConnections(false)
    hv.faults.connect = 'reset-in-handshake'
    expect(await tcp(hv)).toBe('ECONNRESET')
    hv.faults.connect = 'ok'
    expect(await tcp(hv)).toBe('ready')
  })

  it('accepts and never answers, until everything is cut', async () => {
    const hv = await start({ ...small, listen: true })
    hv.faults.connect = 'never-answer'
    const socket = net.connect(hv.port, hv.host)
    let bytes = 0
    socket.on('data', (b) => (bytes += b.length))
    socket.on('error', () => {})
    await hv.events.until('connect')
    const closed = new Promise((resolve) => socket.on('close', resolve))
    hv.killConnections()
    await closed
    expect(bytes).toBe(0)
  })

  it.each(['exec:dumpxml', 'exec-end:dumpxml', 'forward:unix', 'agent:message', 'agent:login', 'agent:confirm'] as const)('cuts the cable at %s', async (point) => {
    const hv = await start(small)
    const { client } = await connect(hv, password(ada))
    client.on('error', () => {})
    const cut = gone(client)
    hv.faults.killOn(point)
    const work = async () => {
      const line = new AgentLine(await forwardUnix(client, await channelPath(client, 'vm')))
      line.send('login', { username: ada.name, password: ada.password })
      return await line.hear('session-logon')
    }
    await expect(work()).rejects.toThrow()
    expect(await cut).toBe('gone')
    expect(hv.events.of('fault')).toEqual([{ kind: 'fault', point }])
    // The cable is back: the next connection works.
    expect(await virsh((await connect(hv, password(ada))).client, ['list', '--name'])).toMatchObject({ stdout: 'vm\n' })
  })

  it('cuts it during authentication', async () => {
    const hv = await start(small)
    hv.faults.killOn('auth')
    await expect(connect(hv, password(ada))).rejects.toThrow()
  })

  it('holds a phase up until it is let go', async () => {
    const hv = await start({ ...small, domains: [{ name: 'vm' }] })
    const { client } = await connect(hv, password(ada))
    let letGo = () => {}
    hv.faults.at('exec:start', () => new Promise<void>((resolve) => (letGo = resolve)))
    const started = virsh(client, ['start', 'vm'])
    await hv.events.until('fault')
    expect(hv.domains.get('vm')!.id).toBeUndefined()
    letGo()
    expect(await started).toMatchObject({ code: 0 })
    expect(hv.domains.get('vm')!.id).toBe(1)
  })

  it('listens nowhere when told so, and works over any stream', async () => {
    const hv = await start(small)
    expect(hv.port).toBe(22)
    const [ours, theirs] = duplexPair()
    hv.accept(theirs)
    const client = new ssh2.Client()
    await new Promise((resolve, reject) => client.on('ready', () => resolve(undefined)).on('error', reject).connect({ sock: ours, ...password(ada) }))
    expect(await virsh(client, ['domstate', 'vm'])).toMatchObject({ stdout: 'running\n' })
  })
})
