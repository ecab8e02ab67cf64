import { duplexPair, type Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { SpiceEndpoint } from '../../../shared/config/endpoint.ts'
import type { DesktopId } from '../../../shared/desktop.ts'
import { AppError } from '../../core/errors.ts'
import type { ConsoleGrant, Hop, HypervisorSession } from '../../core/ports/driver.ts'
import { Redactor } from '../../core/redactor.ts'
import { Secret } from '../../core/secret.ts'
import { disposeGrant } from '../../core/spice/console-link.ts'
import { callContext } from '../../core/testkit.ts'
import { createSpiceDriver } from './driver.ts'
import { parseVvFile } from './vv-file.ts'

function setUp(endpoint: object, contents: Record<string, string> = {}, opened?: string) {
  const redactor = new Redactor()
  const dialled: (readonly Hop[])[] = []
  const dial = (hops: readonly Hop[]): Promise<Duplex> => {
    dialled.push(hops)
    return Promise.resolve(duplexPair()[0])
  }
  const read = (path: string): string => {
    const text = contents[path]
    if (text === undefined) throw new AppError('config.missing', `${path} does not exist`)
    return text
  }
  const driver = createSpiceDriver({
    endpoint: SpiceEndpoint.parse({ id: 'wall', label: 'Wall display', kind: 'spice', ...endpoint }),
    files: { text: read, secret: (path) => Secret.from(read(path), redactor) },
    dialer: { dial, runHelper: () => dial([]) },
    redactor,
    ...(opened !== undefined && { opened: parseVvFile(opened, 'opened.vv', redactor) }),
  })
  return { driver, contents, redactor, dialled }
}

async function signIn({ driver }: ReturnType<typeof setUp>): Promise<HypervisorSession> {
  const outcome = await driver.signIn({ user: 'ada', password: Secret.from('not for the display', new Redactor()), kept: () => undefined }, callContext())
  if (outcome.kind !== 'signed-in') throw new Error('no challenge was expected')
  return outcome.session
}

const ID = 'display' as DesktopId
const ticketOf = (grant: ConsoleGrant): string | undefined => grant.ticket?.use((b) => b.toString())
const vv = (lines = ''): string => `[virt-viewer]\ntype=spice\nhost=10.0.0.5\ntls-port=5901\npassword=ticket-in-file\nhost-subject=O=Lab,CN=h\n${lines}\n`

describe('a display by its address', () => {
  it('is the one desktop, whose console is where the address says', async () => {
    const t = setUp({ uri: 'spice://10.0.0.5:5900' })
    const session = await signIn(t)
    expect(await session.listDesktops(callContext())).toEqual([{ id: 'display', title: 'Wall display', detail: '', power: 'unknown' }])
    const states: string[] = []
    await session.powerOn(ID, (s) => states.push(s), callContext())
    expect(states).toEqual(['running'])
    expect(await session.openConsole(ID, callContext())).toEqual({ hops: [{ via: 'tcp', host: '10.0.0.5', port: 5900 }], ticket: undefined, ticketKind: 'none' })
    expect(await session.credentialPath(ID, callContext())).toEqual({ kind: 'none', channelNames: [] })
    await session.close()
    expect(t.redactor.size).toBe(0)
  })
  it('with ticket, authority and subject from files, read anew for each connection', async () => {
    const t = setUp({ uri: 'spice+tls://10.0.0.5:5901', ticket: '/t', trust: { ca: '/ca' }, subject: 'O=Lab,CN=h' }, { '/t': 'first', '/ca': 'PEM' })
    const session = await signIn(t)
    const first = await session.openConsole(ID, callContext())
    expect(first).toMatchObject({ hops: [{ via: 'tcp', port: 5901 }, { via: 'tls', host: '10.0.0.5', trust: { ca: 'PEM', subject: 'O=Lab,CN=h' } }], ticketKind: 'fixed' })
    expect(ticketOf(first)).toBe('first')
    expect(first.refusal).toBeUndefined()
    t.contents['/t'] = 'second'
    const second = await session.openConsole(ID, callContext())
    expect(ticketOf(second)).toBe('second')
    for (const grant of [first, second]) disposeGrant(grant)
    expect(t.redactor.size).toBe(0)
  })
  it('with a fingerprint as people write it', async () => {
    const session = await signIn(setUp({ uri: 'spice+tls://h:1', trust: { sha256: 'AB:'.repeat(31) + 'CD' } }))
    expect((await session.openConsole(ID, callContext())).hops[1]).toMatchObject({ trust: { sha256: 'ab'.repeat(31) + 'cd' } })
  })
  it.each([
    [{ uri: 'spice://h' }, 'config.invalid'],
    [{ uri: 'spice://h:1?password=abc' }, 'config.invalid'],
    [{ uri: 'spice+tls://h:1', subject: 'h' }, 'config.invalid'],
    [{ uri: 'spice+tls://h:1', trust: { ca: '/none' } }, 'config.missing'],
    [{ file: '/a.vv', ticket: '/t' }, 'config.invalid'],
    [{ file: '/a.vv', subject: 'CN=a' }, 'config.invalid'],
  ])('a mistake shows before anybody signs in: %j', (endpoint, code) => {
    expect(() => setUp(endpoint)).toThrow(expect.objectContaining({ code }) as Error)
  })
})

describe('a display by a connection file', () => {
  it('is read anew for each connection; its title is the desktop\'s; a refused ticket means that the file is used up', async () => {
    const t = setUp({ file: '/a.vv' }, { '/a.vv': vv('title=Office \u202e PC:%d') })
    const session = await signIn(t)
    expect(await session.listDesktops(callContext())).toMatchObject([{ title: 'Office \u00a0 PC' }])
    expect(t.redactor.size).toBe(0)
    const grant = await session.openConsole(ID, callContext())
    expect(grant).toMatchObject({ ticketKind: 'fixed', refusal: 'spice.file-used', hops: [{ via: 'tcp', host: '10.0.0.5', port: 5901 }, { via: 'tls', trust: { subject: 'O=Lab,CN=h' } }] })
    expect(ticketOf(grant)).toBe('ticket-in-file')
    disposeGrant(grant)
    t.contents['/a.vv'] = vv().replace('ticket-in-file', 'newer')
    expect(ticketOf(await session.openConsole(ID, callContext()))).toBe('newer')
    t.contents['/a.vv'] = vv('fullscreen=true')
    await expect(session.openConsole(ID, callContext())).rejects.toMatchObject({ code: 'vv.invalid' })
    delete t.contents['/a.vv']
    await expect(session.openConsole(ID, callContext())).rejects.toMatchObject({ code: 'config.missing' })
  })
  it('that was opened serves until the person leaves', async () => {
    const t = setUp({ file: '/gone.vv' }, {}, vv('proxy=http://u:proxy-pass@p:3128\n[ovirt]\nsso-token=token-token'))
    const session = await signIn(t)
    for (let i = 0; i < 2; i++) {
      const grant = await session.openConsole(ID, callContext())
      expect(ticketOf(grant)).toBe('ticket-in-file')
      disposeGrant(grant)
    }
    await session.close()
    expect(t.redactor.size).toBe(0)
    await expect(session.openConsole(ID, callContext())).rejects.toMatchObject({ code: 'vv.missing' })
  })
})

describe('whether it answers', () => {
  it('goes to the end of the handshake without ticket', async () => {
    const t = setUp({ file: '/a.vv' }, { '/a.vv': vv('port=5900\nsecure-channels=main') })
    await t.driver.health?.(callContext())
    expect(t.dialled).toMatchObject([[{ via: 'tcp', port: 5901 }, { via: 'tls' }]])
    expect(t.redactor.size).toBe(0)
  })
  it('goes up to a proxy, which is told no password', async () => {
    const t = setUp({ file: '/a.vv' }, { '/a.vv': vv('proxy=http://u:proxy-pass@p:3128') })
    await t.driver.health?.(callContext())
    expect(t.dialled).toEqual([[{ via: 'tcp', host: 'p', port: 3128 }]])
    expect(t.redactor.size).toBe(0)
  })
})

describe('what is not there', () => {
  it('another desktop, a call that was cancelled', async () => {
    const session = await signIn(setUp({ uri: 'spice://h:1' }))
    const other = 'elsewhere' as DesktopId
    await expect(session.openConsole(other, callContext())).rejects.toMatchObject({ code: 'desktop.not-found' })
    await expect(session.powerOn(other, () => undefined, callContext())).rejects.toMatchObject({ code: 'desktop.not-found' })
    await expect(session.powerState(other, callContext())).rejects.toMatchObject({ code: 'desktop.not-found' })
    await expect(session.credentialPath(other, callContext())).rejects.toMatchObject({ code: 'desktop.not-found' })
    await expect(session.openConsole(ID, callContext(AbortSignal.abort()))).rejects.toMatchObject({ code: 'cancelled' })
    await expect(setUp({ uri: 'spice://h:1' }).driver.signIn({ user: 'a', password: Secret.from('abc', new Redactor()), kept: () => undefined }, callContext(AbortSignal.abort()))).rejects.toMatchObject({ code: 'cancelled' })
  })
})
