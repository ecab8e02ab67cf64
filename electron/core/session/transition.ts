// Why: every decision about what happens next, in one pure function that security people can read from top to
// bottom. An event that has no meaning in a state changes nothing: that is what makes a second Enter, a double click
// or a late answer harmless.
import type { Desktop } from '../../../shared/desktop.ts'
import type { UserError } from '../../../shared/view/view-state.ts'
import type { Effect } from './effects.ts'
import type { SessionEvent } from './event.ts'
import type { SessionState, Settings, SsoState, Visit, Who } from './state.ts'

export interface Step {
  readonly state: SessionState
  readonly effects: readonly Effect[]
}

type With<N extends SessionState['name']> = Extract<SessionState, { name: N }>

const stay = (state: SessionState): Step => ({ state, effects: [] })
const to = (state: SessionState, ...effects: Effect[]): Step => ({ state, effects })
const IDLE: SsoState = { state: 'idle' }

/**
 * @param next supplies numbers never used before, for epochs and visits
 */
export function transition(state: SessionState, event: SessionEvent, settings: Settings, next: () => number): Step {
  if (event.type === 'session.lost') return lost(state, event.error, event.canReauth)
  if (event.type === 'ui.signOut') return signOut(state, settings, next)
  switch (state.name) {
    case 'booting':
      if (event.type === 'config.ready') return to(signedOut(settings))
      if (event.type === 'config.rejected') return to({ name: 'blocked', error: event.error })
      return stay(state)
    case 'blocked':
      return stay(state)
    case 'signedOut': {
      if (event.type !== 'ui.signIn' || !settings.endpoints.some((e) => e.id === event.endpoint)) return stay(state)
      return authenticate({ endpoint: event.endpoint, user: event.user }, 'typed', next())
    }
    case 'authenticating':
      return authenticating(state, event, settings, next)
    case 'challenged':
      return challenged(state, event, settings, next)
    case 'choosing':
      return choosing(state, event, next)
    case 'preparing':
      return preparing(state, event, settings)
    case 'connecting':
    case 'connected':
      return inConsole(state, event, settings)
    case 'ending':
      if ((event.type === 'cleanup.done' || (event.type === 'timer' && event.timer === 'cleanup')) && event.epoch === state.epoch)
        return to(afterEnding(state, settings), { do: 'cancelTimer', timer: 'cleanup' })
      return stay(state)
    case 'failed':
      return failed(state, event, next)
  }
}

function signedOut(settings: Settings): With<'signedOut'> {
  const { endpoints, last, defaultUser } = settings
  const known = endpoints.some((e) => e.id === last?.endpoint) ? last?.endpoint : undefined
  return { name: 'signedOut', endpoint: known ?? endpoints[0]?.id ?? '', user: (settings.rememberUser ? last?.user : undefined) ?? defaultUser }
}

/** The next person sees no trace of this one, save after a failed attempt: then the name stays to be corrected. */
function afterEnding(state: With<'ending'>, settings: Settings): SessionState {
  const base = { ...signedOut(settings), endpoint: state.who.endpoint, ...(settings.rememberUser === true && { user: state.who.user }) }
  return state.error ? { ...base, user: state.who.user, error: state.error } : { ...base, notice: state.notice }
}

function authenticate(who: Who, password: 'typed' | 'kept', epoch: number, resume?: Desktop): Step {
  return to({ name: 'authenticating', who, epoch, ...(resume && { resume }) }, { do: 'authenticate', epoch, who, password })
}

function authenticating(state: With<'authenticating'>, event: SessionEvent, settings: Settings, next: () => number): Step {
  switch (event.type) {
    case 'auth.ok':
      if (event.epoch !== state.epoch) return stay(state)
      return to(state, { do: 'audit', what: 'sign-in', who: state.who }, { do: 'list', epoch: state.epoch })
    case 'auth.failed':
      if (event.epoch !== state.epoch) return stay(state)
      return leave(state.who, settings, next, { error: event.error }, { do: 'audit', what: 'sign-in-failed', who: state.who, error: event.error })
    case 'auth.challenge':
      if (event.epoch !== state.epoch) return stay(state)
      return to(
        { name: 'challenged', who: state.who, epoch: state.epoch, challenge: event.challenge, ...(event.error && { error: event.error }), ...(state.resume && { resume: state.resume }) },
        { do: 'startTimer', timer: 'challenge', ms: settings.challengeTimeoutMs, epoch: state.epoch },
      )
    case 'list.failed':
      if (event.epoch !== state.epoch) return stay(state)
      return to({ name: 'choosing', who: state.who, desktops: [], error: event.error })
    case 'list.ok': {
      if (event.epoch !== state.epoch) return stay(state)
      const { who, resume } = state
      const again = resume && event.desktops.find((d) => d.id === resume.id)
      const single = settings.autoConnectSingle && event.desktops.length === 1 ? event.desktops[0] : undefined
      const go = again ?? single
      return go ? visit(who, event.desktops, go, next) : to({ name: 'choosing', who, desktops: event.desktops })
    }
    case 'ui.cancel':
      return leave(state.who, settings, next, {}, { do: 'abort', epoch: state.epoch })
    default:
      return stay(state)
  }
}

function challenged(state: With<'challenged'>, event: SessionEvent, settings: Settings, next: () => number): Step {
  const { who, resume } = state
  const enough: Effect = { do: 'cancelTimer', timer: 'challenge' }
  switch (event.type) {
    case 'ui.answer': {
      const epoch = next()
      return to({ name: 'authenticating', who, epoch, ...(resume && { resume }) }, enough, { do: 'answer', epoch })
    }
    case 'ui.cancel':
      return leave(who, settings, next, {}, enough)
    case 'timer':
      if (event.timer !== 'challenge' || event.epoch !== state.epoch) return stay(state)
      return leave(who, settings, next, { error: challengeTimeout(event.epoch) }, { do: 'audit', what: 'sign-in-failed', who, error: challengeTimeout(event.epoch) })
    default:
      return stay(state)
  }
}

function choosing(state: With<'choosing'>, event: SessionEvent, next: () => number): Step {
  const { who } = state
  switch (event.type) {
    case 'ui.pick': {
      const desktop = state.desktops.find((d) => d.id === event.desktop)
      if (!desktop) return stay(state)
      const step = visit(who, state.desktops, desktop, next)
      return state.loading === undefined ? step : { ...step, effects: [{ do: 'abort', epoch: state.loading }, ...step.effects] }
    }
    case 'ui.refresh': {
      if (state.loading !== undefined) return stay(state)
      const loading = next()
      return to({ name: 'choosing', who, desktops: state.desktops, loading }, { do: 'list', epoch: loading })
    }
    case 'list.ok':
      return event.epoch === state.loading ? to({ name: 'choosing', who, desktops: event.desktops }) : stay(state)
    case 'list.failed':
      return event.epoch === state.loading ? to({ name: 'choosing', who, desktops: state.desktops, error: event.error }) : stay(state)
    default:
      return stay(state)
  }
}

/** Starts a stay in a desktop, with a sign-on of its own. */
function visit(who: Who, desktops: readonly Desktop[], desktop: Desktop, next: () => number): Step {
  const at: Visit = { visit: next(), desktop, sso: IDLE }
  const epoch = next()
  return to({ name: 'preparing', who, desktops, at, epoch, step: 'power' }, { do: 'powerOn', epoch, id: desktop.id })
}

function preparing(state: With<'preparing'>, event: SessionEvent, settings: Settings): Step {
  const { who, desktops, at, epoch } = state
  switch (event.type) {
    case 'power.state':
      return event.epoch === epoch ? to({ ...state, at: { ...at, desktop: { ...at.desktop, power: event.power } } }) : stay(state)
    case 'power.ok':
      if (event.epoch !== epoch || state.step !== 'power') return stay(state)
      return to(
        { ...state, step: 'console', at: { ...at, desktop: { ...at.desktop, power: 'running' } } },
        { do: 'openConsole', epoch, id: at.desktop.id },
        { do: 'signOn', visit: at.visit, desktop: at.desktop, who },
      )
    case 'console.ready':
      if (event.epoch !== epoch) return stay(state)
      return to({ name: 'connecting', who, desktops, at, epoch, link: event.link }, { do: 'startTimer', timer: 'link', ms: settings.linkTimeoutMs, epoch })
    case 'power.failed':
    case 'console.failed':
      if (event.epoch !== epoch) return stay(state)
      return to({ name: 'failed', who, desktops, error: event.error, desktop: at.desktop, session: 'up' }, { do: 'closeAgent', visit: at.visit })
    case 'ui.cancel':
      return to({ name: 'choosing', who, desktops: withPower(desktops, at.desktop) }, { do: 'abort', epoch }, { do: 'closeAgent', visit: at.visit })
    default:
      return signOnNews(state, event)
  }
}

function inConsole(state: With<'connecting'> | With<'connected'>, event: SessionEvent, settings: Settings): Step {
  const { who, desktops, at, link } = state
  const shut: Effect[] = [{ do: 'closeLink', link }, { do: 'cancelTimer', timer: 'link' }]
  switch (event.type) {
    case 'link.firstFrame':
      if (event.link !== link || state.name === 'connected') return stay(state)
      return to({ name: 'connected', who, desktops, at, link }, { do: 'cancelTimer', timer: 'link' }, { do: 'audit', what: 'console-opened', who, desktop: at.desktop.title })
    case 'link.lost':
      if (event.link !== link) return stay(state)
      return to({ name: 'failed', who, desktops, error: event.error, desktop: at.desktop, session: 'up' }, ...shut, ...consoleClosed(state, event.error), { do: 'closeAgent', visit: at.visit })
    case 'timer':
      if (event.timer !== 'link' || state.name !== 'connecting' || event.epoch !== state.epoch) return stay(state)
      return to({ name: 'failed', who, desktops, error: timeoutError(event.epoch), desktop: at.desktop, session: 'up' }, ...shut, { do: 'closeAgent', visit: at.visit })
    case 'ui.cancel':
      if (state.name !== 'connecting') return stay(state)
      return to({ name: 'choosing', who, desktops: withPower(desktops, at.desktop) }, ...shut, { do: 'closeAgent', visit: at.visit })
    case 'ui.disconnect':
      return to({ name: 'choosing', who, desktops: withPower(desktops, at.desktop) }, ...shut, ...consoleClosed(state), { do: 'closeAgent', visit: at.visit, ...farewellTo(at, settings) })
    case 'ui.guest':
      return to(state, { do: 'guest', visit: at.visit, action: event.action })
    case 'ui.signOnAgain':
      if (at.sso.state !== 'done') return stay(state)
      return to({ ...state, at: { ...at, sso: IDLE } }, { do: 'signOn', visit: at.visit, desktop: at.desktop, who })
    default:
      return signOnNews(state, event)
  }
}

/** The sign-on runs beside the console: it changes its own line on the screen and nothing else. */
function signOnNews(state: With<'preparing'> | With<'connecting'> | With<'connected'>, event: SessionEvent): Step {
  const { at } = state
  if (!('visit' in event) || event.visit !== at.visit) return stay(state)
  switch (event.type) {
    case 'sso.step':
      return at.sso.state === 'done' ? stay(state) : to({ ...state, at: { ...at, sso: { state: 'running', step: event.step } } })
    case 'sso.done':
      return to(
        { ...state, at: { ...at, sso: { state: 'done', outcome: event.outcome, ...(event.confirmedBy && { confirmedBy: event.confirmedBy }), ...(event.error && { error: event.error }) } } },
        { do: 'audit', what: 'guest-sign-on', who: state.who, desktop: at.desktop.title, outcome: event.outcome, ...(event.error && { error: event.error }) },
      )
    case 'guest.facts':
      return to({ ...state, at: { ...at, guest: event.facts } })
  }
}

function failed(state: With<'failed'>, event: SessionEvent, next: () => number): Step {
  const { who, desktops, desktop, session } = state
  switch (event.type) {
    case 'ui.retry':
      if (session === 'reauth') return authenticate(who, 'kept', next(), desktop)
      if (session === 'up' && desktop) return visit(who, desktops, desktop, next)
      return stay(state)
    case 'ui.dismiss':
    case 'ui.cancel':
      return session === 'up' ? to({ name: 'choosing', who, desktops }) : stay(state)
    default:
      return stay(state)
  }
}

/** The hypervisor connection broke. While signing in that is a failed sign-in; later the person keeps their place. */
function lost(state: SessionState, error: UserError, canReauth: boolean): Step {
  switch (state.name) {
    case 'booting':
    case 'blocked':
    case 'signedOut':
    case 'challenged':
    case 'ending':
      return stay(state)
    case 'authenticating':
      // The running effect fails too, with the exact reason; this event only tells that nothing is left to talk to.
      return to(
        { name: 'failed', who: state.who, desktops: [], error, ...(state.resume && { desktop: state.resume }), session: canReauth ? 'reauth' : 'gone' },
        { do: 'abort', epoch: state.epoch },
        { do: 'closeSession' },
        { do: 'audit', what: 'connection-lost', who: state.who, error },
      )
    case 'failed':
      if (state.session !== 'up') return stay(state)
      return to({ ...state, session: canReauth ? 'reauth' : 'gone' }, { do: 'closeSession' }, { do: 'audit', what: 'connection-lost', who: state.who, error })
    case 'choosing':
    case 'preparing':
    case 'connecting':
    case 'connected': {
      const desktop = 'at' in state ? state.at.desktop : undefined
      return to(
        { name: 'failed', who: state.who, desktops: state.desktops, error, ...(desktop && { desktop }), session: canReauth ? 'reauth' : 'gone' },
        ...closing(state),
        { do: 'closeSession' },
        ...consoleClosed(state, error),
        { do: 'audit', what: 'connection-lost', who: state.who, error },
      )
    }
  }
}

/** What a state has open, as the effects that close it. */
function closing(state: SessionState, farewell: { farewell?: 'lock' | 'logoff' } = {}): Effect[] {
  const effects: Effect[] = []
  if (state.name === 'authenticating' || state.name === 'preparing') effects.push({ do: 'abort', epoch: state.epoch })
  if (state.name === 'challenged') effects.push({ do: 'cancelTimer', timer: 'challenge' })
  if (state.name === 'choosing' && state.loading !== undefined) effects.push({ do: 'abort', epoch: state.loading })
  if (state.name === 'connecting' || state.name === 'connected') effects.push({ do: 'closeLink', link: state.link }, { do: 'cancelTimer', timer: 'link' })
  if ('at' in state) effects.push({ do: 'closeAgent', visit: state.at.visit, ...farewell })
  return effects
}

function signOut(state: SessionState, settings: Settings, next: () => number): Step {
  if (state.name === 'booting' || state.name === 'blocked' || state.name === 'signedOut' || state.name === 'ending') return stay(state)
  const bye: Effect[] = [...closing(state, 'at' in state ? farewellTo(state.at, settings) : {}), ...consoleClosed(state), { do: 'audit', what: 'sign-out', who: state.who }]
  return leave(state.who, settings, next, {}, ...bye)
}

/** Every way back to the sign-in screen: connection closed, secrets wiped, and a timer so that nothing can hold it up. */
function leave(who: Who, settings: Settings, next: () => number, why: { error?: UserError }, ...first: Effect[]): Step {
  const epoch = next()
  const notice = first.some((e) => e.do === 'audit' && e.what === 'sign-out') ? 'signed-out' : 'cancelled'
  return to(
    { name: 'ending', who, epoch, notice, ...(why.error && { error: why.error }) },
    ...first,
    { do: 'wipeSecrets' },
    { do: 'closeSession' },
    { do: 'startTimer', timer: 'cleanup', ms: settings.cleanupTimeoutMs, epoch },
    { do: 'settle', epoch },
  )
}

/** What the guest is told when this person leaves it: nothing if somebody else sits there, whose work it would end. */
function farewellTo(at: Visit, settings: Settings): { farewell?: 'lock' | 'logoff' } {
  const theirs = at.sso.state === 'done' && at.sso.outcome === 'other-user'
  return settings.onDisconnect === 'keep' || theirs ? {} : { farewell: settings.onDisconnect }
}

/** The audit's counterpart of `console-opened`. */
function consoleClosed(state: SessionState, error?: UserError): Effect[] {
  return state.name === 'connected' ? [{ do: 'audit', what: 'console-closed', who: state.who, desktop: state.at.desktop.title, ...(error && { error }) }] : []
}

/** The list shows what was just learnt about this desktop's power, until it is read anew. */
function withPower(desktops: readonly Desktop[], seen: Desktop): readonly Desktop[] {
  return desktops.map((d) => (d.id === seen.id ? { ...d, power: seen.power } : d))
}

/** Pure code cannot draw a random trace id; the epoch makes one that the log names too. */
function challengeTimeout(epoch: number): UserError {
  return { code: 'auth.challenge-timeout', params: {}, traceId: `T-C${epoch}` }
}

function timeoutError(epoch: number): UserError {
  return { code: 'spice.timeout', params: {}, traceId: `T-L${epoch}` }
}
