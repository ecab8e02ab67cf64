// The whole way: a ticket of the cluster, its spiceproxy reply, CONNECT to a name only the proxy understands, TLS to a real
// SPICE server by the reply's authority and subject; and what must not be believed or be let in any more.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { authority, selfSigned, type Authority, type Issued } from '../../../electron/adapters/net/testkit-certificates.ts'
import type { HypervisorSession } from '../../../electron/core/ports/driver.ts'
import { Secret } from '../../../electron/core/secret.ts'
import { callContext } from '../../../electron/core/testkit.ts'
import { whatIsMissing } from '../../spice-server/build.ts'
import { startSpiceServer } from '../../spice-server/server.ts'
import { realConsole, type RealConsole } from '../real-console.ts'
import { ADA, proxmoxRig, type ProxmoxRig } from './rig.ts'

const missing = await whatIsMissing()
const SUBJECT = 'OU=PVE Cluster Node, O=Proxmox Virtual Environment, CN=pve1.example.com'
const ctx = callContext()

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

let made: Promise<Authority> | undefined
const cluster = (): Promise<Authority> => (made ??= authority('CN=Proxmox Virtual Environment'))

/** @param own the certificate of the node, which its displays show @param ticket the display's, where it is another than the cluster set */
async function running(own: Issued, ticket?: string): Promise<{ readonly rig: ProxmoxRig; readonly session: HypervisorSession; open(): Promise<RealConsole> }> {
  const ca = await cluster()
  const dir = mkdtempSync(join(tmpdir(), 'latchkey-proxmox-'))
  closing.push(() => rmSync(dir, { recursive: true }))
  const put = (name: string, text: string): string => {
    writeFileSync(join(dir, name), text, { mode: 0o600 })
    return join(dir, name)
  }
  const rig = await proxmoxRig({ ca })
  closing.push(() => rig.close())
  rig.running()
  const password = Secret.from(ADA.password, rig.redactor)
  const outcome = await rig.driver.signIn({ user: ADA.user, password, kept: () => undefined }, ctx)
  if (outcome.kind !== 'signed-in') throw new Error('the cluster asks for more')
  closing.push(() => outcome.session.close())
  const { session } = outcome
  const open = async (): Promise<RealConsole> => {
    const grant = await session.openConsole(rig.desktop, ctx)
    // The cluster has just set the display's password: QEMU would hand it to the display that runs already.
    const display = await startSpiceServer('plain', { width: 160, height: 100, ticket: ticket ?? rig.vm.display!.password, step: true, out: dir, secureOnly: ['main', 'display', 'inputs', 'cursor'], tls: { cert: put('cert.pem', own.cert), key: put('key.pem', own.key), ca: put('ca.pem', ca.cert) } })
    closing.push(() => display.stop())
    rig.vm.target = { host: '127.0.0.1', port: display.tlsPort! }
    const console = await realConsole(grant)
    closing.push(() => console.close())
    return console
  }
  return { rig, session, open }
}

const issue = async (subject = SUBJECT, over: object = {}): Promise<Issued> => await (await cluster()).issue({ subject, rsa: true, ...over })

describe.skipIf(missing !== undefined)(`a cluster in front of a real SPICE server${missing === undefined ? '' : ` (${missing})`}`, () => {
  test('lets in through its proxy, and a reconnect asks anew', async () => {
    const { rig, open } = await running(await issue())
    const first = await open()
    await first.connect()
    expect(first.lost).toEqual([])
    const name = rig.pve.proxy.asked[0]
    expect(rig.pve.proxy.asked).toEqual(Array(4).fill(name))
    expect(name).toMatch(/^pvespiceproxy:[0-9a-f]{8}:100:pve1::[0-9a-f]{40}:61000$/)
    await first.close()
    rig.expireTickets()
    const second = await open()
    await second.connect()
    expect(second.lost).toEqual([])
    expect(rig.pve.proxy.asked.at(-1)).not.toBe(name)
  })
  test('a name that is too old is refused by the proxy', async () => {
    const { rig, open } = await running(await issue())
    const console = await open()
    rig.expireTickets()
    await expect(console.connect()).rejects.toThrow()
    expect(console.lost.map((e) => e.code)).toEqual(['proxy.denied'])
  })
  test('another password is refused by the display', async () => {
    const { open } = await running(await issue(), 'of another connection')
    const console = await open()
    await expect(console.connect()).rejects.toThrow()
    expect(console.lost.map((e) => e.code)).toEqual(['spice.ticket-refused'])
  })
  test.each([
    ['tls.subject', () => issue('OU=PVE Cluster Node, O=Proxmox Virtual Environment, CN=pve2.example.com')],
    ['tls.expired', () => issue(SUBJECT, { from: -9, until: -1 })],
    ['tls.untrusted', async () => (await authority('CN=Another CA')).issue({ subject: SUBJECT, rsa: true })],
    ['tls.untrusted', () => selfSigned({ subject: SUBJECT, rsa: true })],
  ] as const)('%s: another node is not believed', async (code, own) => {
    const { open } = await running(await own())
    const console = await open()
    await expect(console.connect()).rejects.toThrow()
    expect(console.lost.map((e) => e.code)).toEqual([code])
  })
})
