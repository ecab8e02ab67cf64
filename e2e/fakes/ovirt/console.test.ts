// The whole way: sign-in at the engine, its console file or its ticket, TLS to a real SPICE server that has a certificate
// of the engine's authority; and hosts that must not be believed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { authority, selfSigned, type Authority, type Issued } from '../../../electron/adapters/net/testkit-certificates.ts'
import { Secret } from '../../../electron/core/secret.ts'
import { callContext } from '../../../electron/core/testkit.ts'
import { whatIsMissing } from '../../spice-server/build.ts'
import { startSpiceServer } from '../../spice-server/server.ts'
import { realConsole, type RealConsole } from '../real-console.ts'
import { ADA, ovirtRig } from './rig.ts'
import type { EngineOptions } from './server.ts'

const missing = await whatIsMissing()
const TICKET = 'a ticket+of/the=host'
const SUBJECT = 'O=example.com, CN=host1.example.com'
const ctx = callContext()

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

let made: Promise<Authority> | undefined
const hosts = (): Promise<Authority> => (made ??= authority('O=example.com, CN=engine.example.com.12345'))

async function consoleOf(own: Issued, options: EngineOptions = {}): Promise<RealConsole> {
  const ca = (await hosts()).cert
  const dir = mkdtempSync(join(tmpdir(), 'latchkey-ovirt-'))
  closing.push(() => rmSync(dir, { recursive: true }))
  const put = (name: string, text: string): string => {
    writeFileSync(join(dir, name), text, { mode: 0o600 })
    return join(dir, name)
  }
  const display = await startSpiceServer('plain', { width: 160, height: 100, ticket: TICKET, step: true, out: dir, secureOnly: ['main', 'display', 'inputs', 'cursor'], tls: { cert: put('cert.pem', own.cert), key: put('key.pem', own.key), ca: put('ca.pem', ca) } })
  closing.push(() => display.stop())
  const rig = await ovirtRig({ ...options, ca })
  closing.push(() => rig.close())
  rig.running()
  rig.engine.state.makeTicket = () => TICKET
  rig.engine.state.display = { address: '127.0.0.1', port: display.port, securePort: display.tlsPort!, subject: 'O=example.com,CN=host1.example.com', ca: options.withoutFile === true ? '' : ca }
  const password = Secret.from(ADA.password, rig.redactor)
  const outcome = await rig.driver.signIn({ user: ADA.user, password, kept: () => undefined }, ctx)
  if (outcome.kind !== 'signed-in') throw new Error('the engine asks for more')
  closing.push(() => outcome.session.close())
  const console = await realConsole(await outcome.session.openConsole(rig.desktop, ctx))
  closing.push(() => console.close())
  return console
}

describe.skipIf(missing !== undefined)(`an engine in front of a real SPICE server${missing === undefined ? '' : ` (${missing})`}`, () => {
  test.each([['its file', {}], ['a ticket, and the authority from the engine', { withoutFile: true }]] as const)('lets in by %s', async (_way, options) => {
    const console = await consoleOf(await (await hosts()).issue({ subject: SUBJECT, rsa: true }), options)
    await console.connect()
    expect(console.lost).toEqual([])
  })
  test.each([
    ['tls.subject', async () => (await hosts()).issue({ subject: 'O=example.com, CN=host2.example.com', rsa: true })],
    ['tls.expired', async () => (await hosts()).issue({ subject: SUBJECT, rsa: true, from: -9, until: -1 })],
    ['tls.untrusted', async () => (await authority('CN=Another CA')).issue({ subject: SUBJECT, rsa: true })],
    ['tls.untrusted', () => selfSigned({ subject: SUBJECT, rsa: true })],
  ] as const)('%s: another host is not believed', async (code, own) => {
    const console = await consoleOf(await own())
    await expect(console.connect()).rejects.toThrow()
    expect(console.lost.map((e) => e.code)).toEqual([code])
  })
})
