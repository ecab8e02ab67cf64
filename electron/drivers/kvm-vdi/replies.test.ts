// Why: nothing that a dashboard, or somebody who names a pool, writes gets past these readers as anything but plain data.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AppError } from '../../core/errors.ts'
import { Redactor } from '../../core/redactor.ts'
import { Secret } from '../../core/secret.ts'
import { parseAddress, parseDesktopReply } from './desktop-reply.ts'
import { parsePools } from './pools-page.ts'
import { unsafeCredentials } from './unsafe.ts'

const panel = (more: { id?: string; name?: string; heading?: string; footer?: string } = {}): string => `
<div class="col-md-3"><div class="panel panel-default">
  <div class="panel-heading">${more.heading ?? '<small>none</small>'}</div>
  <div class="panel-body">
    <div class="row text-center"><a href="#" id="${more.id ?? '7'}" class="pools"><i class="fa fa-desktop text-warning"></i></a></div>
    <div class="row text-center"><span>${more.name ?? 'Office'}</span></div>
  </div>
  <div class="panel-footer">${more.footer ?? 'Pool size: 3 <br> Available: 2'}</div>
</div></div>`

const code = (fn: () => unknown): unknown => {
  try {
    fn()
  } catch (e) {
    return (e as AppError).code
  }
  return 'nothing'
}

describe('parsePools', () => {
  it('reads every field of a panel', () => {
    const heading = '<a class="shutdown" id="41"></a><a class="terminate" id="41"></a><small> win-7 </small>'
    expect(parsePools(panel() + panel({ id: '8', name: 'Lab &amp; co', heading }))).toEqual([
      { id: '7', name: 'Office', size: 3, available: 2 },
      { id: '8', name: 'Lab & co', size: 3, available: 2, provided: { name: 'win-7', vmId: '41' } },
    ])
  })
  it('a page without pools is an empty list', () => {
    expect(parsePools(' \n')).toEqual([])
    expect(parsePools('<p>No pools</p>')).toEqual([])
  })
  it('names are text, whatever they hold', () => {
    const hostile = '<script>alert(1)</script><a class="pools" id="99">x</a>\u202ename'
    const [first, second] = parsePools(panel({ name: hostile }))
    expect(first?.id).toBe('7')
    expect(second?.id, 'a pool that somebody typed into a name is on the page and nothing more').toBe('99')
    expect(parsePools(panel({ name: `<b>${'x'.repeat(5000)}</b>` }))[0]?.name).toHaveLength(200)
    expect(parsePools(panel({ name: 'a\u202e\u0007b' }))[0]?.name).toBe('ab')
    expect(parsePools(panel({ id: '7&quot;; DROP' }))).toEqual([])
  })
  it('takes deep nesting and random markup without falling over', () => {
    expect(parsePools('<div>'.repeat(20_000) + panel())).toHaveLength(1)
    fc.assert(fc.property(fc.string(), fc.string(), (a, b) => {
      const pools = parsePools(`x${panel({ name: a, footer: b })}`)
      for (const p of pools) expect(p.id).toMatch(/^\d+$/)
    }))
  })
})

describe('parseDesktopReply', () => {
  const parse = (body: string, field: 'name' | 'vm_id' = 'name') => parseDesktopReply(body, field, new Redactor())
  const ok = { status: 'OK', protocol: 'SPICE', address: '10.0.0.5:5901', spice_password: 'abc123', name: 'win-7', vm_id: 41 }
  it('reads a ready desktop, with PHP warnings before it', () => {
    const reply = parse(`<br />\n<b>Warning</b>: {oops} in <b>x.php</b><br />${JSON.stringify(ok)}`)
    expect(reply).toMatchObject({ status: 'ready', host: '10.0.0.5', port: 5901, name: 'win-7' })
    expect(JSON.stringify(reply)).not.toContain('abc123')
  })
  it.each([
    ['{"status":"BOOTUP","protocol":"SPICE","address":""}', 'nothing'],
    ['{"status":"NO_FREE_VMS"}', 'desktop.pool-empty'],
    ['{"status":"MAINTENANCE"}', 'desktop.maintenance'],
    ['{"status":"FAIL","address":""}', 'desktop.start-failed'],
    ['{"status":"socket-failed"}', 'hypervisor.unavailable'],
    ['{"status":"NEW"}', 'hypervisor.protocol'],
    ['', 'hypervisor.protocol'],
    ['<html>', 'hypervisor.protocol'],
    ['[1]', 'hypervisor.protocol'],
    [JSON.stringify({ ...ok, spice_password: undefined }), 'hypervisor.protocol'],
    [JSON.stringify({ ...ok, name: '' }), 'hypervisor.protocol'],
    [JSON.stringify({ ...ok, name: 'a\nb' }), 'hypervisor.protocol'],
    [JSON.stringify({ ...ok, address: 'error: failed to get domain' }), 'desktop.start-failed'],
    [JSON.stringify({ ...ok, protocol: 'RDP' }), 'desktop.no-spice'],
  ])('%s is %s', (body, expected) => {
    expect(code(() => parse(body))).toBe(expected)
  })
  it('leaves no ticket behind when the rest is wrong', () => {
    const redactor = new Redactor()
    expect(code(() => parseDesktopReply(JSON.stringify({ ...ok, address: 'x' }), 'name', redactor))).toBe('desktop.start-failed')
    expect(redactor.size).toBe(0)
  })
})

describe('parseAddress', () => {
  it.each([
    ['host-1.example:5900', { host: 'host-1.example', port: 5900 }],
    [' [fe80::1]:5901 ', { host: 'fe80::1', port: 5901 }],
    ['10.0.0.5:5900?tls-port=5901', { host: '10.0.0.5', port: 5900 }],
  ])('%s', (text, expected) => {
    expect(parseAddress(text)).toEqual(expected)
  })
  it.each(['', 'host', 'host:70000', '-oProxyCommand=x:1', 'a b:1', 'host:1\nx', undefined, 5])('%s is refused', (text) => {
    expect(code(() => parseAddress(text))).toBe('desktop.start-failed')
  })
  it('a display with TLS only has no way from here', () => {
    expect(code(() => parseAddress('host:?tls-port=5901'))).toBe('desktop.no-spice')
  })
})

describe('unsafeCredentials', () => {
  const check = (user: string, password: string) => unsafeCredentials({ user, password: Secret.from(password, new Redactor()) })?.code
  it.each(['Tr0ub4dor&3', 'correct horse', 'pässwörd ♞', '!#%()*+,-./:;<=>?@[]^_{|}~'])('%s may go', (password) => {
    expect(check('ada', password)).toBeUndefined()
  })
  it.each(['$(reboot)', '`id`', 'a"b', "a'b", 'a\\b', 'a\nb', 'a\0b', 'a\x7fb'])('%j stays', (password) => {
    expect(check('ada', password)).toBe('auth.unsafe-characters')
    expect(check(password, 'fine')).toBe('auth.unsafe-characters')
  })
})
