import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { ManualClock, settle } from '../../../electron/core/testkit.ts'
import { startMachine, type Machine, type MachineOptions } from './machine.ts'

const PERSON = { name: 'ada', password: 'p"a\\s$s ü' }
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function machine(o: Partial<MachineOptions> = {}): Promise<{ m: Machine; clock: ManualClock }> {
  const clock = new ManualClock()
  const m = await startMachine({ name: 'desk', person: PERSON, clock, ...o })
  closing.push(() => m.close())
  return { m, clock }
}
/** Streams inside a machine take turns that no clock moves. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let i = 0; i < 10; i++) {
    await clock.advance(ms / 10)
    await settle()
  }
}

describe('a machine behind a web product', () => {
  it('takes its time to start, and what was given to its broker meanwhile reaches the guest', async () => {
    const { m, clock } = await machine()
    m.signOn(PERSON.name, PERSON.password)
    m.start()
    m.start()
    expect([m.state, m.agentUp]).toEqual(['starting', false])
    await pass(clock, 2000)
    expect([m.state, m.agentUp]).toEqual(['running', true])
    expect(m.users).toEqual(['ada'])
    m.stop()
    expect([m.state, m.users]).toEqual(['off', []])
  })
  it('opens no session for a wrong password, and none for nobody\'s', async () => {
    const { m, clock } = await machine({ state: 'running' })
    await pass(clock, 2000)
    m.signOn(PERSON.name, 'wrong')
    await pass(clock, 2000)
    expect(m.events.of('agent-login').map((l) => [l.passwordCorrect, l.acted])).toEqual([[false, false]])
    expect(m.users).toEqual([])
    m.signOn(PERSON.name, PERSON.password)
    await pass(clock, 2000)
    expect(m.users).toEqual(['ada'])
  })
  it('starts anew without what was said before', async () => {
    const { m, clock } = await machine({ state: 'running' })
    m.signOn(PERSON.name, PERSON.password)
    await pass(clock, 2000)
    m.stop()
    m.start()
    await pass(clock, 2000)
    expect([m.state, m.users]).toEqual(['running', []])
  })
  it('gives its display a password that ends, and takes nobody while it is off', async () => {
    const { m, clock } = await machine()
    const socket = connect(m.displayPort, '127.0.0.1')
    await once(socket, 'close')
    expect(() => m.ticket('one', 1000)).toThrow('not running')
    m.start()
    await pass(clock, 1000)
    m.ticket('<one> & "another\'s"', 30_000)
    expect(m.events.of('ticket').at(-1)?.validForMs).toBeGreaterThan(28_000)
  })
})
