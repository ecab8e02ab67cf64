import { describe, expect, it } from 'vitest'
import { AppError } from '../../core/errors.ts'
import type { HttpReply } from '../../core/ports/http.ts'
import { faultText, replyError, type Meanings } from './faults.ts'
import { checked, listed, Vm } from './model.ts'
import { documentOf } from './reply.ts'

const reply = (type: string, body: string, status = 200): HttpReply => ({
  status,
  headers: { 'content-type': type },
  body: Buffer.from(body),
  text: () => body,
  json: () => {
    try {
      return JSON.parse(body) as unknown
    } catch (cause) {
      throw new AppError('hypervisor.protocol', 'no JSON', { cause })
    }
  },
})
const xml = (body: string): HttpReply => reply('application/xml;charset=utf-8', `<?xml version="1.0"?>${body}`)
const codeOf = (fn: () => unknown): string => {
  try {
    fn()
  } catch (e) {
    if (e instanceof AppError) return e.code
    throw e
  }
  return 'no error'
}

describe('a document', () => {
  it('is the same from JSON and XML', () => {
    const fromJson = listed(Vm, documentOf(reply('application/json', '{"vm":[{"id":"a1","name":"A & B","status":"up","display":{"port":5900,"secure_port":"5901"},"vm_pool":{"id":"p1"}}]}')), 'vm', () => undefined)
    const fromXml = listed(Vm, documentOf(xml('<vms><vm id="a1" href="/x"><name>A &amp; B</name><status>up</status><display><port>5900</port><secure_port>5901</secure_port></display><vm_pool id="p1"/></vm></vms>')), 'vm', () => undefined)
    expect(fromXml).toEqual(fromJson)
    expect(fromXml[0]).toMatchObject({ id: 'a1', name: 'A & B', display: { port: 5900, secure_port: 5901 }, vm_pool: { id: 'p1' } })
  })
  it('of an empty list has nothing in it', () => {
    expect(listed(Vm, documentOf(xml('<vms/>')), 'vm', () => undefined)).toEqual([])
    expect(listed(Vm, documentOf(reply('application/json', '{}')), 'vm', () => undefined)).toEqual([])
  })
  it('resolves character references, whatever they are', () => {
    expect(documentOf(xml('<a><b>&lt;&#13;&#x41;&#xD800;&#0;&unknown;&amp;lt;</b></a>'))).toEqual({ b: '<\rA\ufffd\ufffd&unknown;&lt;' })
  })
  it.each([
    ['HTML', reply('text/html', '<html></html>')],
    ['no type', reply('', '{}')],
    ['cut-off JSON', reply('application/json', '{"vm":[')],
    ['cut-off XML', xml('<vms><vm')],
    ['a document type', xml('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')],
    ['two roots', xml('<a/><b/>')],
    ['nothing', xml('')],
  ])('is not %s', (_what, bad) => expect(codeOf(() => checked(Vm, documentOf(bad), 'VM'))).toBe('hypervisor.protocol'))
  it('is checked, and its content never told', () => {
    for (const bad of [{ id: '../x', name: 'hunter2' }, { id: 'a', name: 5 }, { name: 'hunter2' }, [], null, 'x']) {
      try {
        checked(Vm, bad, 'VM')
        throw new Error('it was taken')
      } catch (e) {
        expect((e as AppError).code).toBe('hypervisor.protocol')
        expect((e as AppError).detail).not.toContain('hunter2')
      }
    }
  })
  it('of a list goes on after an element that is not understood, but not without any', () => {
    const bad: string[] = []
    expect(listed(Vm, { vm: [{ id: 'a', name: 'A' }, { name: 'no id' }, 5] }, 'vm', (why) => bad.push(why))).toHaveLength(1)
    expect(bad).toHaveLength(2)
    expect(codeOf(() => listed(Vm, { vm: [{}] }, 'vm', () => undefined))).toBe('hypervisor.protocol')
  })
  it('with a property of every object in its data changes nothing', () => {
    const vm = checked(Vm, JSON.parse('{"id":"a","name":"A","__proto__":{"status":"up"},"constructor":1}'), 'VM')
    expect(vm.status).toBeUndefined()
    expect(({} as { status?: string }).status).toBeUndefined()
  })
})

describe('a refusal', () => {
  const m: Meanings = { notFound: 'desktop.not-found', otherwise: 'desktop.start-failed', faults: [[/agent/i, 'agent.silent']] }
  it.each([
    [404, 'text/html', 'x', 'desktop.not-found'],
    [302, 'text/html', 'x', 'hypervisor.redirect'],
    [500, 'application/json', '{"reason":"x","detail":"agent"}', 'hypervisor.unavailable'],
    [503, 'text/html', 'x', 'hypervisor.unavailable'],
    [403, 'application/json', '{"detail":"query execution failed due to insufficient permissions."}', 'hypervisor.denied'],
    [409, 'application/json', '{"fault":{"detail":"[Guest Agent non-responsive]"},"status":"failed"}', 'agent.silent'],
    [409, 'application/json', '{"detail":"[User is not authorized to perform this action.]"}', 'hypervisor.denied'],
    [409, 'application/xml', '<action><fault><detail>[Cannot run VM. The host is in Maintenance.]</detail></fault><status>failed</status></action>', 'desktop.maintenance'],
    [400, 'application/xml', '<fault><reason>Operation Failed</reason></fault>', 'desktop.start-failed'],
    [400, 'text/html', '<html>', 'hypervisor.protocol'],
    [415, 'text/html', '<html>', 'hypervisor.protocol'],
  ])('%i %s %s', (status, type, body, code) => expect(replyError(reply(type, body, status), 'doing', m).code).toBe(code))
  it('reaches a screen as one bounded line', () => {
    const error = replyError(reply('application/json', JSON.stringify({ detail: `[a\u202e\n\u0007<b>${'x'.repeat(100_000)}]` }), 409), 'doing', m)
    expect(error.params['server']?.length).toBeLessThanOrEqual(300)
    expect(error.params['server']).not.toMatch(/[\p{Cc}\u202e]/u)
    expect(faultText(reply('application/json', '{"detail":5}', 409))).toBeUndefined()
  })
})
