// Why: the invariants that security depends on hold for ANY sequence of events, not just for the ones we thought of.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DesktopId, type Desktop } from '../../../shared/desktop.ts'
import { LinkId } from '../../../shared/view/ui-command.ts'
import { ViewState, type UserError } from '../../../shared/view/view-state.ts'
import type { Effect } from './effects.ts'
import type { SessionEvent } from './event.ts'
import type { SessionState, Settings } from './state.ts'
import { transition } from './transition.ts'
import { viewOf } from './view.ts'

const settings: Settings = { endpoints: [{ id: 'hq', label: 'HQ' }], defaultUser: '', autoConnectSingle: true, onDisconnect: 'keep', linkTimeoutMs: 15_000, challengeTimeoutMs: 60_000, cleanupTimeoutMs: 2000 }
const error: UserError = { code: 'ssh.lost', params: {}, traceId: 'T-TEST' }
const desktop = (n: number): Desktop => ({ id: DesktopId.parse(`d${n}`), title: `Desktop ${n}`, detail: '', power: 'off' })
const one = desktop(1)
const two = desktop(2)
const link = LinkId.parse('link-00000001')

class Machine {
  state: SessionState = { name: 'booting' }
  effects: Effect[] = []
  number = 0
  settings: Settings
  constructor(s: Settings = settings) {
    this.settings = s
  }
  send(event: SessionEvent): Effect[] {
    const step = transition(this.state, event, this.settings, () => ++this.number)
    this.state = step.state
    this.effects.push(...step.effects)
    return [...step.effects]
  }
  get epoch(): number {
    return 'epoch' in this.state ? this.state.epoch : -1
  }
  get visit(): number {
    return 'at' in this.state ? this.state.at.visit : -1
  }
  is<N extends SessionState['name']>(name: N): Extract<SessionState, { name: N }> {
    expect(this.state.name).toBe(name)
    return this.state as Extract<SessionState, { name: N }>
  }
  toConsole(desktops: readonly Desktop[] = [one]): this {
    this.send({ type: 'config.ready' })
    this.send({ type: 'ui.signIn', endpoint: 'hq', user: 'ada' })
    this.send({ type: 'auth.ok', epoch: this.epoch })
    this.send({ type: 'list.ok', epoch: this.epoch, desktops })
    if (desktops.length > 1) this.send({ type: 'ui.pick', desktop: one.id })
    this.send({ type: 'power.ok', epoch: this.epoch })
    this.send({ type: 'console.ready', epoch: this.epoch, link })
    this.send({ type: 'link.firstFrame', link })
    return this
  }
}

const kinds = (effects: Effect[]): string[] => effects.map((e) => e.do)

describe('the sign-in screen starts from', () => {
  const two = { ...settings, endpoints: [{ id: 'hq', label: 'HQ' }, { id: 'lab', label: 'Lab' }], defaultUser: 'guest' }
  const first = (more: Partial<Settings>) => transition({ name: 'booting' }, { type: 'config.ready' }, { ...two, ...more }, () => 1).state
  it.each([
    ['the configuration', {}, { endpoint: 'hq', user: 'guest' }],
    ['the last endpoint, without the name', { last: { endpoint: 'lab', user: 'ada' } }, { endpoint: 'lab', user: 'guest' }],
    ['the last name where IT wants it', { last: { endpoint: 'lab', user: 'ada' }, rememberUser: true }, { endpoint: 'lab', user: 'ada' }],
    ['the configuration, when that endpoint is no more', { last: { endpoint: 'old' } }, { endpoint: 'hq', user: 'guest' }],
  ])('%s', (_what, more, expected) => {
    expect(first(more)).toMatchObject(expected)
  })
})

describe('the way in', () => {
  it('goes from one sign-in to the console with one desktop', () => {
    const m = new Machine().toConsole()
    expect(m.is('connected').at.desktop.power).toBe('running')
    expect(kinds(m.effects)).toEqual(['authenticate', 'audit', 'list', 'powerOn', 'openConsole', 'signOn', 'startTimer', 'cancelTimer', 'audit'])
  })
  it('stops at the list with two desktops, or when IT wants it', () => {
    const m = new Machine({ ...settings, autoConnectSingle: false })
    m.send({ type: 'config.ready' })
    m.send({ type: 'ui.signIn', endpoint: 'hq', user: 'ada' })
    m.send({ type: 'auth.ok', epoch: m.epoch })
    m.send({ type: 'list.ok', epoch: m.epoch, desktops: [one] })
    m.is('choosing')
  })
  it('ignores a second Enter while it signs in', () => {
    const m = new Machine()
    m.send({ type: 'config.ready' })
    m.send({ type: 'ui.signIn', endpoint: 'hq', user: 'ada' })
    const before = m.state
    expect(m.send({ type: 'ui.signIn', endpoint: 'hq', user: 'eve' })).toEqual([])
    expect(m.state).toBe(before)
  })
  it('does not sign in to an endpoint that is not configured', () => {
    const m = new Machine()
    m.send({ type: 'config.ready' })
    expect(m.send({ type: 'ui.signIn', endpoint: 'elsewhere', user: 'ada' })).toEqual([])
  })
  it('drops an answer that belongs to a cancelled attempt', () => {
    const m = new Machine()
    m.send({ type: 'config.ready' })
    m.send({ type: 'ui.signIn', endpoint: 'hq', user: 'ada' })
    const old = m.epoch
    expect(kinds(m.send({ type: 'ui.cancel' }))).toEqual(['abort', 'wipeSecrets', 'closeSession', 'startTimer', 'settle'])
    m.send({ type: 'cleanup.done', epoch: m.epoch })
    expect(m.is('signedOut').notice).toBe('cancelled')
    expect(m.send({ type: 'auth.ok', epoch: old })).toEqual([])
    m.is('signedOut')
  })
  it('keeps the name after a wrong password and forgets it after a sign-out', () => {
    const m = new Machine()
    m.send({ type: 'config.ready' })
    m.send({ type: 'ui.signIn', endpoint: 'hq', user: 'ada' })
    m.send({ type: 'auth.failed', epoch: m.epoch, error: { ...error, code: 'auth.rejected' } })
    m.send({ type: 'cleanup.done', epoch: m.epoch })
    expect(m.is('signedOut')).toMatchObject({ user: 'ada', error: { code: 'auth.rejected' } })
    const n = new Machine().toConsole()
    n.send({ type: 'ui.signOut' })
    n.send({ type: 'cleanup.done', epoch: n.epoch })
    expect(n.is('signedOut')).toMatchObject({ user: '', notice: 'signed-out' })
  })
})

describe('bad luck', () => {
  it('offers to go on with the kept password when the connection breaks in the console', () => {
    const m = new Machine().toConsole([one, two])
    expect(kinds(m.send({ type: 'session.lost', error, canReauth: true }))).toEqual(['closeLink', 'cancelTimer', 'closeAgent', 'closeSession', 'audit', 'audit'])
    expect(viewOf(m.state, settings, [])).toMatchObject({ screen: 'failed', actions: ['retry', 'signOut'] })
    expect(m.send({ type: 'ui.retry' })).toMatchObject([{ do: 'authenticate', password: 'kept' }])
    m.send({ type: 'auth.ok', epoch: m.epoch })
    m.send({ type: 'list.ok', epoch: m.epoch, desktops: [one, two] })
    expect(m.is('preparing').at.desktop.id).toBe(one.id)
  })
  it('asks for a new sign-in when the password is gone', () => {
    const m = new Machine().toConsole()
    m.send({ type: 'session.lost', error, canReauth: false })
    expect(viewOf(m.state, settings, [])).toMatchObject({ screen: 'failed', actions: ['signOut'] })
    expect(m.send({ type: 'ui.retry' })).toEqual([])
  })
  it('comes back from a console that shows nothing', () => {
    const m = new Machine()
    m.send({ type: 'config.ready' })
    m.send({ type: 'ui.signIn', endpoint: 'hq', user: 'ada' })
    m.send({ type: 'auth.ok', epoch: m.epoch })
    m.send({ type: 'list.ok', epoch: m.epoch, desktops: [one] })
    m.send({ type: 'power.ok', epoch: m.epoch })
    m.send({ type: 'console.ready', epoch: m.epoch, link })
    m.send({ type: 'timer', timer: 'link', epoch: m.epoch })
    expect(m.is('failed').error.code).toBe('spice.timeout')
    m.send({ type: 'ui.retry' })
    m.is('preparing')
  })
  it('never lets a sign-on result change anything but its own line', () => {
    const m = new Machine().toConsole()
    m.send({ type: 'sso.done', visit: m.visit, outcome: 'other-user', error })
    expect(m.is('connected').at.sso).toMatchObject({ state: 'done', outcome: 'other-user' })
    m.send({ type: 'sso.done', visit: m.visit + 7, outcome: 'confirmed' })
    expect(m.is('connected').at.sso).toMatchObject({ outcome: 'other-user' })
  })
  it('gives the screen to the next person even if leaving hangs', () => {
    const m = new Machine().toConsole()
    m.send({ type: 'ui.signOut' })
    m.send({ type: 'timer', timer: 'cleanup', epoch: m.epoch })
    m.is('signedOut')
  })
  it('does not end the work of somebody else who sits in the guest', () => {
    for (const way of ['ui.disconnect', 'ui.signOut'] as const) {
      const m = new Machine({ ...settings, onDisconnect: 'logoff' }).toConsole()
      m.send({ type: 'sso.done', visit: m.visit, outcome: 'other-user', error })
      expect(m.send({ type: way }).find((e) => e.do === 'closeAgent')).toEqual({ do: 'closeAgent', visit: expect.any(Number) as number })
    }
  })
  it('locks or logs off the guest on the way out only if configured', () => {
    for (const [onDisconnect, farewell] of [['keep', undefined], ['lock', 'lock'], ['logoff', 'logoff']] as const) {
      const m = new Machine({ ...settings, onDisconnect }).toConsole()
      const close = m.send({ type: 'ui.disconnect' }).find((e) => e.do === 'closeAgent')
      expect(close).toEqual({ do: 'closeAgent', visit: expect.any(Number) as number, ...(farewell && { farewell }) })
      m.is('choosing')
    }
  })
})

const anyEvent = fc.oneof(
  ...(['config.ready', 'ui.cancel', 'ui.refresh', 'ui.disconnect', 'ui.signOut', 'ui.retry', 'ui.dismiss', 'ui.signOnAgain'] as const).map((type) => fc.constant({ kind: type })),
  fc.constant({ kind: 'ui.signIn' as const }),
  fc.constantFrom({ kind: 'ui.pick' as const }, { kind: 'ui.guest' as const }),
  ...(['auth.ok', 'auth.failed', 'list.ok', 'list.two', 'list.failed', 'power.ok', 'power.failed', 'console.ready', 'console.failed', 'cleanup.done', 'link.firstFrame', 'link.lost', 'sso.step', 'sso.done', 'lost', 'lostForGood', 'timer.link', 'timer.cleanup'] as const).map((kind) =>
    fc.record({ kind: fc.constant(kind), fresh: fc.boolean() }),
  ),
)

function build(m: Machine, e: { kind: string; fresh?: boolean }): SessionEvent {
  const epoch = e.fresh === false ? m.epoch - 1 : 'loading' in m.state && m.state.loading !== undefined ? m.state.loading : m.epoch
  const visit = e.fresh === false ? m.visit - 1 : m.visit
  const l = e.fresh === false ? LinkId.parse('link-old-000') : link
  switch (e.kind) {
    case 'ui.signIn':
      return { type: 'ui.signIn', endpoint: 'hq', user: 'ada' }
    case 'ui.pick':
      return { type: 'ui.pick', desktop: two.id }
    case 'ui.guest':
      return { type: 'ui.guest', action: 'lock' }
    case 'list.ok':
      return { type: 'list.ok', epoch, desktops: [one] }
    case 'list.two':
      return { type: 'list.ok', epoch, desktops: [one, two] }
    case 'console.ready':
      return { type: 'console.ready', epoch, link: l }
    case 'link.firstFrame':
      return { type: 'link.firstFrame', link: l }
    case 'link.lost':
      return { type: 'link.lost', link: l, error }
    case 'sso.step':
      return { type: 'sso.step', visit, step: 'sending' }
    case 'sso.done':
      return { type: 'sso.done', visit, outcome: 'confirmed', confirmedBy: 'active-user' }
    case 'lost':
      return { type: 'session.lost', error, canReauth: true }
    case 'lostForGood':
      return { type: 'session.lost', error, canReauth: false }
    case 'timer.link':
      return { type: 'timer', timer: 'link', epoch }
    case 'timer.cleanup':
      return { type: 'timer', timer: 'cleanup', epoch }
    case 'auth.ok':
    case 'power.ok':
    case 'cleanup.done':
      return { type: e.kind, epoch }
    case 'auth.failed':
    case 'list.failed':
    case 'power.failed':
    case 'console.failed':
      return { type: e.kind, epoch, error }
    default:
      return { type: e.kind } as SessionEvent
  }
}

describe('for any sequence of events', () => {
  it('keeps the invariants', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), fc.constantFrom('keep', 'lock', 'logoff' as const), (events, onDisconnect) => {
        const m = new Machine({ ...settings, onDisconnect })
        const used = new Set<number>()
        let linkOpen = false
        let agentOpen: number | undefined
        let timerRunning = false
        for (const e of events) {
          const before = m.state
          const effects = m.send(build(m, e))
          for (const f of effects) {
            if (f.do === 'authenticate' || (f.do === 'powerOn' && true)) {
              expect(used.has(f.epoch)).toBe(false)
              used.add(f.epoch)
            }
            if (f.do === 'signOn') agentOpen = f.visit
            if (f.do === 'closeAgent' && f.visit === agentOpen) agentOpen = undefined
            if (f.do === 'closeLink') linkOpen = false
            if (f.do === 'startTimer' && f.timer === 'link') timerRunning = true
            if (f.do === 'cancelTimer' && f.timer === 'link') timerRunning = false
          }
          if (before.name === 'preparing' && m.state.name === 'connecting') linkOpen = true
          // Every way to the sign-in screen wipes the secrets and closes the connection.
          if (m.state.name === 'ending' && before.name !== 'ending') expect(kinds(effects)).toEqual(expect.arrayContaining(['wipeSecrets', 'closeSession', 'settle']))
          if (m.state.name === 'signedOut') expect(['booting', 'ending', 'signedOut']).toContain(before.name)
          if (m.state.name === 'connected') expect(['connecting', 'connected']).toContain(before.name)
          // Nothing stays open behind a screen that does not show it.
          if (!('at' in m.state)) {
            expect(agentOpen).toBeUndefined()
            expect(linkOpen).toBe(false)
          }
          if (m.state.name !== 'connecting' && timerRunning) expect.fail('link timer left running')
          // What the page gets is always a valid view.
          ViewState.parse(viewOf(m.state, m.settings, []))
        }
      }),
      { numRuns: 400 },
    )
  })
})

describe('what the renderer may know', () => {
  it('has no field whose name speaks of secrets or addresses', () => {
    const names = new Set<string>()
    const walk = (schema: unknown): void => {
      if (typeof schema !== 'object' || schema === null) return
      for (const [key, value] of Object.entries(schema as Record<string, unknown>)) {
        if (key === 'properties' && typeof value === 'object' && value !== null) for (const n of Object.keys(value)) names.add(n)
        walk(value)
      }
    }
    walk(ViewState.toJSONSchema({ io: 'output', unrepresentable: 'any' }))
    expect(names.size).toBeGreaterThan(20)
    // `hostName` and `addresses` are the GUEST's own, for the diagnostics panel.
    const allowed = new Set(['hostName', 'addresses'])
    expect([...names].filter((n) => !allowed.has(n) && /pass|ticket|token|secret|key|host|addr|port|path/i.test(n))).toEqual([])
  })
})
