// Why: the answers of the double's sshd are the ones measured on OpenSSH 9.2; a client that handles these handles those.
import ssh2, { type ParsedKey } from 'ssh2'
import { afterEach, describe, expect, it } from 'vitest'
import { BlankDisplay } from '../vm/display.ts'
import { startEmbeddedHypervisor, type EmbeddedHypervisor, type HypervisorOptions } from '../hypervisor.ts'
import { channelPath, connect, exec, execLine, forwardTcp, forwardUnix, virsh } from '../testkit.ts'

const PASSWORD = `p'a"s$s w\\örd`
const running: EmbeddedHypervisor[] = []
const start = async (o: HypervisorOptions = {}): Promise<EmbeddedHypervisor> => {
  const hv = await startEmbeddedHypervisor({
    listen: false,
    display: (d) => new BlankDisplay(d),
    deviceAccounts: ['kiosk'],
    users: [{ name: 'ada', password: PASSWORD, groups: ['office'] }, { name: 'locked', password: 'x', state: 'locked' }, { name: 'expired', password: 'x', state: 'expired' }, { name: 'kiosk', methods: ['publickey'] }],
    domains: [{ name: 'vm', state: 'running', agent: { delayMs: 0 } }],
    ...o,
  })
  running.push(hv)
  return hv
}
afterEach(async () => {
  for (const hv of running.splice(0)) await hv.stop()
})
const level = (p: Promise<unknown>): Promise<unknown> => p.then(() => 'ready', (e: { level?: string; message: string }) => e.level ?? e.message)
const as = (username: string, password: string) => ({ username, password, authHandler: ['password'] as const satisfies readonly string[] as unknown as ['password'] })
const ada = as('ada', PASSWORD)

describe('authentication', () => {
  it('takes the right password by both methods, and only that', async () => {
    const hv = await start()
    const kbd = (username: string, answer: string) => ({ username, answer, tryKeyboard: true, authHandler: ['keyboard-interactive'] as ['keyboard-interactive'] })
    expect(await level(connect(hv, ada))).toBe('ready')
    expect(await level(connect(hv, kbd('ada', PASSWORD)))).toBe('ready')
    expect(await level(connect(hv, as('ada', 'x')))).toBe('client-authentication')
    expect(await level(connect(hv, kbd('ada', 'x')))).toBe('client-authentication')
    expect(await level(connect(hv, as('nobody', '')))).toBe('client-authentication')
    expect(await level(connect(hv, kbd('nobody', '')))).toBe('client-authentication')
    expect(hv.events.of('auth').map((e) => `${e.user} ${e.method} ${e.ok}`)).toEqual(['ada password true', 'ada keyboard-interactive true', 'ada password false', 'ada keyboard-interactive false', 'nobody password false', 'nobody keyboard-interactive false'])
    expect(JSON.stringify(hv.events.all)).not.toContain('örd')
  })

  it('answers a locked account like a wrong password, an expired one by a banner and the end', async () => {
    const hv = await start()
    expect(await level(connect(hv, as('locked', 'x')))).toBe('client-authentication')
    await expect(connect(hv, as('expired', 'x'))).rejects.toMatchObject({ message: 'closed before it was ready', banner: 'Your account has expired; please contact your system administrator.\n' })
    expect(await level(connect(hv, as('expired', 'wrong')))).toBe('client-authentication')
  })

  /** Plays a client that types `answers` in turn; tells what was asked and how it ended. */
  const talk = (hv: EmbeddedHypervisor, username: string, answers: readonly string[], methods: readonly string[] = ['keyboard-interactive'], password = PASSWORD): Promise<{ asked: string[]; end: unknown }> => {
    const asked: string[] = []
    const left = [...answers]
    const client = { username, password, tryKeyboard: true, authHandler: [...methods] as ['password'], answers: (prompt: string) => { asked.push(prompt); return left.shift() ?? '' } }
    return level(connect(hv, client)).then((end) => ({ asked, end }))
  }

  it('asks for a code after the password, and does not tell before it which was wrong', async () => {
    const hv = await start({ users: [{ name: 'ada', password: PASSWORD, otp: '42' }] })
    expect(await talk(hv, 'ada', [PASSWORD, '42'])).toEqual({ asked: ['Password: ', 'Verification code: '], end: 'ready' })
    expect((await talk(hv, 'ada', [PASSWORD, '41'])).end).toBe('client-authentication')
    expect(await talk(hv, 'ada', ['x', '42'])).toEqual({ asked: ['Password: ', 'Verification code: '], end: 'client-authentication' })
    expect((await talk(hv, 'nobody', ['x'])).end).toBe('client-authentication')
    expect(await level(connect(hv, as('ada', PASSWORD))), 'the method password answers the code with the password').toBe('client-authentication')
  })

  it('stages: each in its turn, the code alone after the password', async () => {
    const hv = await start({ users: [{ name: 'ada', password: PASSWORD, otp: '42', stages: ['password', 'keyboard-interactive'] }] })
    expect(await talk(hv, 'ada', ['42'], ['password', 'keyboard-interactive'])).toEqual({ asked: ['Verification code: '], end: 'ready' })
    expect(await talk(hv, 'ada', ['42'])).toEqual({ asked: [], end: 'client-authentication' })
    expect((await talk(hv, 'ada', ['41'], ['password', 'keyboard-interactive'])).end).toBe('client-authentication')
    expect((await talk(hv, 'ada', ['42'], ['password', 'keyboard-interactive'], 'x')).end).toBe('client-authentication')
  })

  it('has a password changed on the way in', async () => {
    const hv = await start({ users: [{ name: 'ada', password: PASSWORD, mustChange: true }] })
    expect((await talk(hv, 'ada', [PASSWORD, 'x'])).end, 'the old one was wrong').toBe('client-authentication')
    expect((await talk(hv, 'ada', [PASSWORD, PASSWORD, 'a', 'b', 'c'])).end).toBe('client-authentication')
    const { asked, end } = await talk(hv, 'ada', [PASSWORD, PASSWORD, 'short', 'long enough', 'other', 'long enough', 'long enough'])
    expect(end).toBe('ready')
    expect(asked.map((a) => a.split('\n').at(-1))).toEqual(['Password: ', 'Current password: ', 'New password: ', 'New password: ', 'Retype new password: ', 'New password: ', 'Retype new password: '])
    expect(asked[3]).toContain('BAD PASSWORD')
    expect(asked[5]).toContain('do not match')
    expect(await level(connect(hv, as('ada', 'long enough')))).toBe('ready')
    expect(await level(connect(hv, as('ada', PASSWORD)))).toBe('client-authentication')
  })

  it('takes the device key on its account, no other key, and no password there', async () => {
    const hv = await start()
    const key = (username: string, privateKey: string) => ({ username, privateKey, authHandler: ['publickey'] as ['publickey'] })
    expect(await level(connect(hv, key('kiosk', hv.deviceKey.privateKey)))).toBe('ready')
    expect(await level(connect(hv, key('ada', hv.deviceKey.privateKey)))).toBe('client-authentication')
    expect(await level(connect(hv, key('kiosk', ssh2.utils.generateKeyPairSync('ed25519').private)))).toBe('client-authentication')
    expect(await level(connect(hv, as('kiosk', '')))).toBe('client-authentication')
  })

  it('shows the pinned host key until it is swapped, and negotiates nothing that BoringSSL lacks', async () => {
    const hv = await start({ listen: true })
    const seen: string[] = []
    const look = { ...ada, tcp: true, hostVerifier: (k: Buffer) => seen.push(k.toString('base64')) > 0 }
    const [host, type, key] = hv.knownHosts.trim().split(' ')
    expect([host, type]).toEqual([`[127.0.0.1]:${hv.port}`, 'ssh-ed25519'])
    expect((ssh2.utils.parseKey(`ssh-ed25519 ${key}`) as ParsedKey).type).toBe('ssh-ed25519')
    await connect(hv, look)
    hv.swapHostKey()
    await connect(hv, look)
    expect(seen[0]).toBe(key)
    expect(seen[1]).not.toBe(key)
    expect(await level(connect(hv, { ...ada, algorithms: { cipher: ['chacha20-poly1305@openssh.com'] } }))).toBe('handshake')
    expect(await level(connect(hv, { ...ada, algorithms: { kex: ['diffie-hellman-group14-sha256'] } }))).toBe('handshake')
  })
})

describe('exec', () => {
  it('runs what is there and tells the shell’s statuses', async () => {
    const hv = await start()
    const { client } = await connect(hv, ada)
    expect(await exec(client, ['nosuch'])).toEqual({ code: 127, stdout: '', stderr: 'sh: 1: nosuch: not found\n' })
    expect(await execLine(client, 'virsh list; id')).toMatchObject({ code: 126, stdout: '' })
    expect(await execLine(client, "virsh 'x")).toMatchObject({ code: 2 })
    expect(await exec(client, ['id', '-Gn'])).toMatchObject({ code: 0, stdout: 'ada office\n' })
    expect(await exec(client, ['id', '-Gn', 'nobody'])).toMatchObject({ code: 1 })
    expect(await exec(client, ['env', 'LC_ALL=C', 'virsh', '--version'])).toMatchObject({ code: 0, stdout: '9.0.0\n' })
    expect(hv.events.of('exec').map((e) => e.argv)[0]).toEqual(['nosuch'])
  })

  it('obeys the account’s allow-list, and can turn exec down altogether', async () => {
    const hv = await start({ users: [{ name: 'ada', password: PASSWORD, rights: { exec: ['latchkey-channel'] } }, { name: 'none', password: 'x', rights: { exec: 'none' } }] })
    const { client } = await connect(hv, ada)
    expect(await virsh(client, ['list'])).toMatchObject({ code: 126, stderr: 'sh: 1: virsh: restricted\n' })
    const other = await connect(hv, as('none', 'x'))
    await expect(exec(other.client, ['true'])).rejects.toThrow('Unable to exec')
    hv.faults.execDenied = true
    await expect(exec(client, ['latchkey-channel', '/x'])).rejects.toThrow('Unable to exec')
  })
})

describe('forwards', () => {
  const reason = (p: Promise<unknown>) => p.then(() => 'open', (e: { reason?: number; message: string }) => `${e.reason} ${e.message}`)

  it('reaches live displays by TCP and nothing else', async () => {
    const hv = await start({ domains: [{ name: 'vm', state: 'running' }, { name: 'off' }] })
    const { client } = await connect(hv, ada)
    expect(hv.domains.get('vm')!.displayPort).toBe(5900)
    expect(await reason(forwardTcp(client, '127.0.0.1', 5900))).toBe('open')
    expect((hv.domains.get('vm')!.display as BlankDisplay).streams.size).toBe(1)
    expect(await reason(forwardTcp(client, '127.0.0.1', 5901))).toBe('2 (SSH) Channel open failure: Connection refused')
    expect(await reason(forwardTcp(client, '127.0.0.1', 22))).toBe('1 (SSH) Channel open failure: open failed')
    expect(await reason(forwardTcp(client, '192.0.2.1', 5900))).toBe('1 (SSH) Channel open failure: open failed')
    hv.faults.displayClosed = true
    expect(await reason(forwardTcp(client, '127.0.0.1', 5900))).toBe('2 (SSH) Channel open failure: Connection refused')
    expect(hv.events.of('forward').map((e) => e.result)).toEqual(['open', 'failed', 'prohibited', 'prohibited', 'failed'])
  })

  it('reaches channel and display sockets; a forbidden one looks like a missing one, as in OpenSSH', async () => {
    const hv = await start({ domains: [{ name: 'vm', state: 'running', display: 'unix', agent: { delayMs: 0 } }] })
    const { client } = await connect(hv, ada)
    const path = await channelPath(client, 'vm')
    expect(path).toBe('/var/lib/libvirt/qemu/channel/target/domain-1-vm/com.kvm-vdi.0')
    expect(await reason(forwardUnix(client, path))).toBe('open')
    expect(await reason(forwardUnix(client, '/var/lib/libvirt/qemu/domain-1-vm/spice.sock'))).toBe('open')
    const failure = '2 (SSH) Channel open failure: open failed'
    expect(await reason(forwardUnix(client, '/run/other.sock'))).toBe(failure)
    hv.faults.streamLocalForbidden = true
    expect(await reason(forwardUnix(client, path))).toBe(failure)
    hv.faults.streamLocalForbidden = false
    hv.users.set({ name: 'ada', password: PASSWORD, rights: { channelSockets: false } })
    const again = (await connect(hv, ada)).client
    expect(await reason(forwardUnix(again, path))).toBe(failure)
    expect(await exec(again, ['test', '-w', path])).toMatchObject({ code: 1 })
    expect(await exec(again, ['ls', '-d', '--', path])).toMatchObject({ code: 2, stderr: `ls: cannot access '${path}': Permission denied\n` })
    expect(await exec(client, ['test', '-w', path])).toMatchObject({ code: 1 })
  })
})
