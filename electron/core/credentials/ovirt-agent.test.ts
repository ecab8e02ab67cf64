// Why: the guest's words are hostile input and the login line must carry every character: both are properties.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeMessage, encodeLogin, sameUser } from './ovirt-agent.ts'
import { LineFramer } from './line-framer.ts'

describe('encodeLogin', () => {
  it('carries any well-formed text exactly, on one line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }).map((s) => s.toWellFormed()), (user, password) => {
        const line = encodeLogin(user, Buffer.from(password, 'utf8')).toString('utf8')
        expect(line.indexOf('\n')).toBe(line.length - 1)
        expect(JSON.parse(line)).toEqual({ __name__: 'login', username: user, password })
      }),
    )
  })
  it('has no way to run what KVM-VDI ran', () => {
    const nasty = '"\\\'$(id)`id`\n;|&\u00e9\u{1f511}'
    expect(JSON.parse(encodeLogin('ada', Buffer.from(nasty)).toString())).toMatchObject({ password: nasty })
  })
})

describe('decodeMessage', () => {
  it('never throws and bounds what it keeps', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json(), fc.json().map((j) => `{"__name__":"network-interfaces","interfaces":[${j}]}`)), (line) => void decodeMessage(line)))
    const m = decodeMessage(JSON.stringify({ __name__: 'applications', applications: Array.from({ length: 5000 }, () => 'x'.repeat(1000)) }))
    expect(m.type === 'applications' && m.applications.length).toBe(200)
    expect(m.type === 'applications' && m.applications[0]?.length).toBe(128)
  })
  it('knows all spellings of nobody', () => {
    for (const name of ['', 'None', '(unknown)', 'Unknown', null, 7]) expect(decodeMessage(JSON.stringify({ __name__: 'active-user', name }))).toEqual({ type: 'active-user', name: undefined })
    expect(decodeMessage('{"__name__":"active-user","name":"ada"}')).toEqual({ type: 'active-user', name: 'ada' })
  })
  it('strips controls and direction overrides from names', () => {
    const m = decodeMessage('{"__name__":"host-name","name":"pc\\u0007\\u202e\\ud800x"}')
    expect(m.type === 'host-name' && /[\u0007\u202e\ud800]/.test(m.name)).toBe(false)
  })
  it('reads addresses with either family missing', () => {
    expect(decodeMessage('{"__name__":"network-interfaces","interfaces":[{"name":"eth0","hw":"52:54:00:00:00:01","inet":["192.0.2.7"]}]}')).toEqual({
      type: 'network-interfaces',
      interfaces: [{ name: 'eth0', mac: '52:54:00:00:00:01', addresses: ['192.0.2.7'] }],
    })
  })
})

describe('sameUser', () => {
  it.each([
    ['ada', 'ada', false, true],
    ['ada', 'Ada', false, false],
    ['ada', 'ADA', true, true],
    ['ada', 'CORP\\ada', true, true],
    ['ada@corp.example.com', 'CORP\\ada', true, true],
    ['ada@corp.example.com', 'ada', false, true],
    ['ada@corp', 'ada@other', true, false],
    ['ada', 'adam', false, false],
    ['', '', false, false],
    ['ada', '', false, false],
  ])('%s and %s (windows %s): %s', (typed, reported, windows, same) => {
    expect(sameUser(typed, reported, windows)).toBe(same)
  })
})

describe('LineFramer', () => {
  it('gives the same lines however the bytes arrive', () => {
    fc.assert(
      fc.property(fc.array(fc.string().filter((s) => !s.includes('\n'))), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (lines, cuts) => {
        const bytes = Buffer.from(lines.map((l) => l + '\n').join(''))
        const framer = new LineFramer()
        const out: string[] = []
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const n = cuts[i % cuts.length] as number
          out.push(...framer.push(bytes.subarray(at, at + n)))
          at += n
        }
        expect(out).toEqual(lines.map((l) => Buffer.from(l).toString('utf8')))
      }),
    )
  })
  it('drops a line of a mebibyte, keeps no memory of it and goes on', () => {
    const framer = new LineFramer()
    for (let i = 0; i < 64; i++) expect(framer.push(Buffer.alloc(65536, 0x61))).toEqual([])
    expect(framer.pending).toBe(0)
    expect(framer.push(Buffer.from('tail\n{"a":1}\n'))).toEqual(['{"a":1}'])
    expect(framer.dropped).toBe(1)
  })
  it('turns bad UTF-8 into U+FFFD', () => {
    expect(new LineFramer().push(Buffer.from([0xff, 0x41, 0x0a]))).toEqual(['\ufffdA'])
  })
})
