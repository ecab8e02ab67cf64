// Why: test code. What every driver must do alike, whatever its product calls it: one suite, gone through by each kind
// with a double of its product (e2e/fakes). A new kind of hypervisor is one rig more.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Desktop, type PowerState } from '../../../shared/desktop.ts'
import { AppError } from '../../core/errors.ts'
import type { HypervisorSession, SignInOutcome } from '../../core/ports/driver.ts'
import { Secret } from '../../core/secret.ts'
import { callContext } from '../../core/testkit.ts'
import { driven, failure, FAULT_CODES, FAULTS, outwaited, type DriverRig } from './driver-rig.testkit.ts'

export interface ContractOptions {
  /** The product may ask for a second step of the sign-in. */
  readonly challenge?: boolean
  /** A session is one connection (SSH): it does not run out, and one that is lost is told instead of opened again. */
  readonly connection?: boolean
  /** Conditions that this product cannot be in: their tests do not exist, and the rig must really be without them. */
  readonly without?: readonly Condition[]
}

export type Condition = 'distrusting' | 'agentSilent' | (typeof FAULTS)[number]

/** Registers the suite. `makeRig` makes a server, a driver and a desktop anew for each test. */
export function driverContract(name: string, makeRig: () => Promise<DriverRig>, options: ContractOptions = {}): void {
  describe(`contract of a driver: ${name}`, () => {
    let rig: DriverRig
    const closing: (() => unknown)[] = []
    const ctx = callContext()
    beforeEach(async () => {
      rig = await makeRig()
    })
    afterEach(async () => {
      rig.release()
      rig.fault(undefined)
      for (const close of closing.splice(0)) await close()
      await rig.close()
    })

    const secret = (text: string): Secret => {
      const made = Secret.from(text, rig.redactor)
      closing.push(() => made.dispose())
      return made
    }
    const outcome = (over: { user?: string; password?: string; kept?: () => Secret | undefined; signal?: AbortSignal } = {}): Promise<SignInOutcome> =>
      rig.driver.signIn({ user: over.user ?? rig.person.user, password: secret(over.password ?? rig.person.password), kept: over.kept ?? (() => undefined) }, over.signal ? callContext(over.signal) : ctx)
    const session = async (kept?: () => Secret | undefined): Promise<HypervisorSession> => {
      const made = await outcome(kept ? { kept } : {})
      if (made.kind !== 'signed-in') throw new Error('the server asks for more')
      closing.push(() => made.session.close())
      return made.session
    }
    const powered = async (s: HypervisorSession, states: PowerState[] = []): Promise<readonly PowerState[]> => {
      const credentials = { user: rig.person.user, password: secret(rig.person.password) }
      await driven(rig, s.powerOn(rig.desktop, (p) => states.push(p), ctx, credentials))
      return states
    }
    /** What a start brought with it is used up: the next console is asked for. */
    const usedUp = async (s: HypervisorSession): Promise<void> => {
      const grant = await driven(rig, s.openConsole(rig.desktop, ctx))
      grant.ticket?.dispose()
    }
    const without = (condition: Condition): boolean => options.without?.includes(condition) === true
    const faults = FAULTS.filter((kind) => !without(kind))

    describe('signing in', () => {
      it('opens a session, and closing it ends it on the server and forgets what was secret', async () => {
        const before = rig.redactor.size
        const made = await outcome()
        expect(made.kind).toBe('signed-in')
        expect(rig.openSessions()).toBe(1)
        if (made.kind === 'signed-in') await made.session.close()
        expect(rig.openSessions()).toBe(0)
        for (const close of closing.splice(0)) await close()
        expect(rig.redactor.size).toBe(before)
      })
      it('refuses a wrong password with auth.rejected and leaves nothing open', async () => {
        expect((await failure(outcome({ password: `${rig.person.password}x` }))).code).toBe('auth.rejected')
        expect((await failure(outcome({ user: 'nobody-here' }))).code).toBe('auth.rejected')
        expect(rig.openSessions()).toBe(0)
      })
      it('takes an empty password or a name with a line end for no sign-in at all', async () => {
        const before = rig.requests()
        expect((await failure(outcome({ password: '' }))).code).toBe('auth.input')
        expect((await failure(outcome({ user: 'a\nb' }))).code).toBe('auth.input')
        expect((await failure(outcome({ user: '' }))).code).toBe('auth.input')
        expect(rig.requests()).toBe(before)
      })
      it('carries signs that mean something elsewhere', async () => {
        // Whatever the product's encoding is: a password of such signs is a wrong password, and no other error.
        for (const password of ['a&b=c%20+d', 'пароль–密码🔑', '{"a":1}</x>', ' leading and trailing ']) expect((await failure(outcome({ password }))).code).toBe('auth.rejected')
      })
      if (!without('distrusting')) it('sends nothing to a server that cannot prove who it is', async () => {
        if (!rig.distrusting) throw new Error('the rig cannot be distrusting')
        const before = rig.requests()
        const error = await failure(rig.distrusting.signIn({ user: rig.person.user, password: secret(rig.person.password), kept: () => undefined }, ctx))
        expect(error.code).toMatch(/^tls\./)
        expect((await failure(rig.distrusting.health!(ctx))).code).toMatch(/^tls\./)
        expect(rig.requests()).toBe(before)
      })
      it('health tells whether the server is there, without a sign-in', async () => {
        if (!rig.driver.health) throw new Error('the driver does not tell its health')
        await rig.driver.health(ctx)
        expect(rig.openSessions()).toBe(0)
        await rig.down()
        expect((await failure(rig.driver.health(ctx))).code).toMatch(/^(http|ssh)\./)
      })
      if (options.challenge) {
        it('asks for the second step', async () => {
          const right = rig.challenge!()
          const asked = await outcome()
          if (asked.kind !== 'challenge') throw new Error('it asked for nothing')
          expect(asked.challenge.prompt.length).toBeLessThanOrEqual(300)
          expect((await failure(asked.answer(secret('000000'), ctx))).code).toBe('auth.challenge-rejected')
          const again = await outcome()
          if (again.kind !== 'challenge') throw new Error('it asked for nothing')
          const done = await again.answer(secret(right), ctx)
          if (done.kind !== 'signed-in') throw new Error('it asked for more')
          closing.push(() => done.session.close())
          expect((await done.session.listDesktops(ctx)).length).toBeGreaterThan(0)
        })
        it('a second step that is given up leaves nothing', async () => {
          rig.challenge!()
          const asked = await outcome()
          if (asked.kind !== 'challenge') throw new Error('it asked for nothing')
          asked.cancel()
          asked.cancel()
          expect(rig.openSessions()).toBe(0)
        })
      }
    })

    describe('desktops', () => {
      it('are listed as the screens want them', async () => {
        const list = await (await session()).listDesktops(ctx)
        expect(list.map((d) => d.id)).toContain(rig.desktop)
        for (const d of list) expect(Desktop.safeParse(d).success, JSON.stringify(d)).toBe(true)
      })
      it('that do not exist are told', async () => {
        rig.noDesktops()
        // Both are understood above: an empty list, or the reason for it.
        const s = await session()
        const list = await s.listDesktops(ctx).catch((e: unknown) => (e instanceof AppError ? e.code : e))
        expect(list).toEqual(Array.isArray(list) ? [] : 'desktop.none-assigned')
      })
      it('have names without control characters, and not too long ones', async () => {
        rig.hostileName()
        const list = await (await session()).listDesktops(ctx)
        expect(list.some((d) => d.title.includes('bold'))).toBe(true)
        for (const d of list) {
          expect(d.title + d.detail).not.toMatch(/[\p{Cc}\u202e]/u)
          expect(d.title.length).toBeLessThanOrEqual(200)
        }
      })
      it('come by the thousand with a few requests', async () => {
        const count = rig.mostDesktops ?? 1000
        rig.manyDesktops(count - 1)
        const s = await session()
        const before = rig.requests()
        expect((await s.listDesktops(ctx)).length).toBeGreaterThanOrEqual(count)
        expect(rig.requests() - before).toBeLessThanOrEqual(10)
      })
      it('of nobody\'s are not found', async () => {
        const s = await session()
        for (const id of ['../../x', '0', 'ffffffff-ffff-4fff-8fff-ffffffffffff']) expect((await failure(driven(rig, s.openConsole(id as typeof rig.desktop, ctx)))).code).toBe('desktop.not-found')
      })
    })

    describe('starting', () => {
      it('reports the states on the way', async () => {
        const s = await session()
        const states = await powered(s)
        expect(states.at(-1)).toBe('running')
        expect(await s.powerState(rig.desktop, ctx)).toBe('running')
      })
      it('waits for a slow one', async () => {
        rig.start('slow')
        const states = await powered(await session())
        expect(states).toContain('starting')
        expect(states.at(-1)).toBe('running')
      })
      it('does nothing to one that runs', async () => {
        rig.running()
        expect(await powered(await session())).toEqual(['running'])
      })
      it('tells a failure', async () => {
        rig.start('fails')
        expect((await failure(powered(await session()))).code).toBe('desktop.start-failed')
      })
      it('tells one that takes for ever', async () => {
        rig.start('never')
        expect((await failure(powered(await session()))).code).toBe('desktop.start-timeout')
      })
      it('can be given up while waiting', async () => {
        rig.start('never')
        const s = await session()
        const abort = new AbortController()
        const work = failure(s.powerOn(rig.desktop, (p) => (p === 'starting' ? abort.abort() : undefined), callContext(abort.signal), { user: rig.person.user, password: secret(rig.person.password) }))
        expect((await driven(rig, work)).code).toBe('cancelled')
      })
    })

    describe('the console', () => {
      it('is granted with a ticket that works', async () => {
        const s = await session()
        await powered(s)
        const grant = await driven(rig, s.openConsole(rig.desktop, ctx))
        expect(grant.hops.length).toBeGreaterThan(0)
        expect(rig.accepts(grant)).toBe(true)
        grant.ticket?.dispose()
      })
      it('is granted anew where a ticket ran out before it was used', async () => {
        const s = await session()
        await powered(s)
        const first = await driven(rig, s.openConsole(rig.desktop, ctx))
        rig.expireTickets()
        expect(rig.accepts(first)).toBe(first.ticketKind !== 'one-time')
        const second = await driven(rig, s.openConsole(rig.desktop, ctx))
        expect(rig.accepts(second)).toBe(true)
        first.ticket?.dispose()
        second.ticket?.dispose()
      })
    })

    describe('credentials', () => {
      it('go the way this product has', async () => {
        const s = await session()
        await powered(s)
        const path = await driven(rig, s.credentialPath(rig.desktop, ctx))
        expect(path.kind).toBe(rig.path)
        if (path.kind === 'api') await driven(rig, path.logon({ user: rig.person.user, password: secret(rig.person.password) }, ctx))
        if (path.kind === 'at-start') expect(path.delivered).toBe(true)
        if (path.kind === 'api' || path.kind === 'at-start') expect(rig.delivered?.()).toEqual(rig.person)
        if (path.kind === 'api' && path.users) expect(await driven(rig, path.users(ctx))).toEqual(expect.arrayContaining([expect.stringContaining(rig.person.user.split('@')[0]!)]))
      })
      if (!without('agentSilent')) it('that a silent agent cannot take are told as agent.silent', async () => {
        if (!rig.agentSilent) throw new Error('the rig cannot be agentSilent')
        const s = await session()
        await powered(s)
        rig.agentSilent()
        const path = await driven(rig, s.credentialPath(rig.desktop, ctx))
        if (path.kind !== 'api') throw new Error('only an API can tell')
        expect((await failure(driven(rig, path.logon({ user: rig.person.user, password: secret(rig.person.password) }, ctx)))).code).toBe('agent.silent')
      })
    })

    describe('giving up', () => {
      const held = async (start: (signal: AbortSignal) => Promise<unknown>): Promise<string> => {
        const abort = new AbortController()
        const came = rig.hold()
        const work = failure(start(abort.signal))
        await Promise.race([came, work])
        abort.abort()
        const { code } = await work
        rig.release()
        return code
      }
      it('a sign-in leaves nothing', async () => {
        expect(await held((signal) => outcome({ signal }))).toBe('cancelled')
        expect((await failure(outcome({ signal: AbortSignal.abort() }))).code).toBe('cancelled')
      })
      it('every other step', async () => {
        const s = await session()
        expect(await held((signal) => s.listDesktops(callContext(signal)))).toBe('cancelled')
        expect(await held((signal) => s.powerOn(rig.desktop, () => undefined, callContext(signal), { user: rig.person.user, password: secret(rig.person.password) }))).toBe('cancelled')
        await powered(s)
        await usedUp(s)
        expect(await held((signal) => s.powerState(rig.desktop, callContext(signal)))).toBe('cancelled')
        expect(await held((signal) => s.openConsole(rig.desktop, callContext(signal)))).toBe('cancelled')
        const path = await driven(rig, s.credentialPath(rig.desktop, ctx))
        if (path.kind === 'api') expect(await held((signal) => path.logon({ user: rig.person.user, password: secret(rig.person.password) }, callContext(signal)))).toBe('cancelled')
        expect((await driven(rig, s.listDesktops(ctx))).length).toBeGreaterThan(0)
      })
      it('closing never waits for a server that hangs, nor fails', async () => {
        const s = await session()
        void rig.hold()
        await outwaited(rig, s.close())
      })
    })

    if (options.connection) {
      it('a connection that is lost is told once, with its reason', async () => {
        const s = await session()
        const lost: (string | undefined)[] = []
        s.onLost((why) => lost.push(why?.code))
        await rig.down()
        expect((await failure(driven(rig, s.listDesktops(ctx)))).code).toMatch(/^ssh\./)
        expect((await failure(outcome())).code).toMatch(/^ssh\./)
        await s.close()
        expect(lost).toEqual(['ssh.lost'])
        await rig.up()
        await session()
      })
      return
    }

    describe('a session that ended on the server', () => {
      it('is opened again with the password that is still kept', async () => {
        const password = secret(rig.person.password)
        const s = await session(() => password)
        rig.expireSessions()
        expect((await driven(rig, s.listDesktops(ctx))).map((d) => d.id)).toContain(rig.desktop)
        await powered(s)
        rig.expireSessions()
        const both = await driven(rig, Promise.all([s.openConsole(rig.desktop, ctx), s.powerState(rig.desktop, ctx)]))
        expect(rig.accepts(both[0])).toBe(true)
        both[0].ticket?.dispose()
        expect(rig.openSessions()).toBe(1)
      })
      it('is told where nothing is kept, or not the right thing', async () => {
        const s = await session()
        const lost: (string | undefined)[] = []
        s.onLost((why) => lost.push(why?.code))
        rig.expireSessions()
        expect((await failure(driven(rig, s.listDesktops(ctx)))).code).toBe('hypervisor.session-ended')
        expect((await failure(driven(rig, s.listDesktops(ctx)))).code).toBe('hypervisor.session-ended')
        expect(lost).toEqual(['hypervisor.session-ended'])
        const password = secret(rig.person.password)
        const other = await session(() => password)
        rig.changePassword()
        rig.expireSessions()
        expect((await failure(driven(rig, other.listDesktops(ctx)))).code).toBe('hypervisor.session-ended')
      })
    })

    describe('a server in trouble', () => {
      it('that restarts is told, and used again when it is back', async () => {
        const password = secret(rig.person.password)
        const s = await session(() => password)
        await rig.down()
        expect((await failure(driven(rig, s.listDesktops(ctx)))).code).toMatch(/^(http|ssh)\./)
        expect((await failure(outcome())).code).toMatch(/^(http|ssh)\./)
        await rig.up()
        expect((await driven(rig, s.listDesktops(ctx))).length).toBeGreaterThan(0)
      })
      it.for(faults)('%s at the sign-in', async (kind) => {
        rig.fault(kind)
        const error = await (kind === 'slow' ? outwaited(rig, failure(outcome())) : failure(outcome()))
        expect(rig.faultCodes?.[kind] ?? FAULT_CODES[kind]).toContain(error.code)
        expect(JSON.stringify(error.params).length).toBeLessThan(2000)
        expect(rig.elsewhere()).toBe(0)
        rig.fault(undefined)
        await session()
      })
      it.for(faults)('%s in the middle of the work', async (kind) => {
        const s = await session()
        await powered(s)
        await usedUp(s)
        const works = [() => s.listDesktops(ctx), () => s.powerState(rig.desktop, ctx), () => s.openConsole(rig.desktop, ctx)]
        rig.fault(kind)
        for (const work of works) {
          const error = await (kind === 'slow' ? outwaited(rig, failure(work())) : driven(rig, failure(work())))
          expect(rig.faultCodes?.[kind] ?? FAULT_CODES[kind], error.message).toContain(error.code)
        }
        expect(rig.elsewhere()).toBe(0)
        rig.fault(undefined)
        expect((await driven(rig, s.listDesktops(ctx))).length).toBeGreaterThan(0)
      })
    })
  })
}
