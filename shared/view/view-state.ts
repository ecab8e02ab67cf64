// Why: everything the renderer may know. It holds no address, port, ticket, key or path (a test walks the schema).
import { z } from 'zod'
import { Desktop } from '../desktop.ts'
import { errorCodes, type ErrorCode } from '../error-codes.ts'
import { ConfirmedBy, SsoOutcome, SsoStep } from '../sso.ts'
import { LinkId, PowerAction } from './ui-command.ts'

/** An error as the page gets it: never a message or a stack. `params` are bounded display strings. */
export const UserError = z.strictObject({
  code: z.enum(errorCodes as [ErrorCode, ...ErrorCode[]]),
  params: z.record(z.string().max(40), z.string().max(300)),
  traceId: z.string().max(16),
})
export type UserError = z.infer<typeof UserError>

export const EndpointSummary = z.strictObject({
  id: z.string().max(64),
  label: z.string().max(200),
  /** Which of its hosts a sign-in goes to, where it has several. */
  site: z.string().max(260).optional(),
  /** Whether any of its hosts answers; absent: not known. */
  reachable: z.boolean().optional(),
  /** Name and password cross the network in clear: IT allowed it, the person is told. */
  insecure: z.literal(true).optional(),
  /** Nobody is asked who they are: one button is enough. */
  anonymous: z.literal(true).optional(),
})
export type EndpointSummary = z.infer<typeof EndpointSummary>

/** The phases of one sign-in, in their usual order (report.json and the bench use the same names). */
export const phaseNames = ['authenticate', 'list', 'start', 'agent', 'inject', 'confirm', 'ticket', 'link', 'firstFrame'] as const
export const PhaseName = z.enum(phaseNames)
export type PhaseName = z.infer<typeof PhaseName>

export const PhaseView = z.strictObject({
  name: PhaseName,
  status: z.enum(['waiting', 'running', 'done', 'skipped', 'failed']),
  /** Milliseconds, once done. */
  ms: z.number().min(0).optional(),
})
export type PhaseView = z.infer<typeof PhaseView>

/** Guest sign-on beside the console: a step under way or an outcome. */
export const SsoView = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('idle') }),
  z.strictObject({ state: z.literal('running'), step: SsoStep }),
  z.strictObject({ state: z.literal('done'), outcome: SsoOutcome, confirmedBy: ConfirmedBy.optional(), error: UserError.optional() }),
])
export type SsoView = z.infer<typeof SsoView>

/** What the guest's agent reported: shown in the diagnostics panel as plain text, all bounded. */
export const GuestFacts = z.strictObject({
  hostName: z.string().max(256).optional(),
  os: z.string().max(256).optional(),
  activeUser: z.string().max(256).optional(),
  apiVersion: z.number().int().optional(),
  interfaces: z.array(z.strictObject({ name: z.string().max(64), mac: z.string().max(64), addresses: z.array(z.string().max(64)).max(32) })).max(32),
  applications: z.array(z.string().max(128)).max(200),
})
export type GuestFacts = z.infer<typeof GuestFacts>

/** totp: digits from an app; text: anything the server asks for; new-password: the old one has run out. */
export const ChallengeKind = z.enum(['totp', 'text', 'new-password'])
export type ChallengeKind = z.infer<typeof ChallengeKind>

export const ViewState = z.discriminatedUnion('screen', [
  z.strictObject({ screen: z.literal('booting') }),
  z.strictObject({ screen: z.literal('blocked'), error: UserError }),
  z.strictObject({
    screen: z.literal('signIn'),
    endpoints: z.array(EndpointSummary),
    endpoint: z.string().max(64),
    user: z.string().max(256),                       // prefilled name; usually empty
    error: UserError.optional(),                     // why the last attempt failed
    notice: z.enum(['signed-out', 'cancelled']).optional(),
  }),
  z.strictObject({ screen: z.literal('authenticating'), user: z.string().max(256), endpoint: EndpointSummary, phases: z.array(PhaseView) }),
  /** The server wants one more thing; `prompt` is its own words (plain text, perhaps empty). */
  z.strictObject({
    screen: z.literal('challenge'),
    user: z.string().max(256),
    endpoint: EndpointSummary,
    kind: ChallengeKind,
    prompt: z.string().max(300),
    error: UserError.optional(),
  }),
  z.strictObject({ screen: z.literal('desktops'), user: z.string().max(256), desktops: z.array(Desktop), loading: z.boolean(), error: UserError.optional() }),
  z.strictObject({ screen: z.literal('preparing'), user: z.string().max(256), desktop: Desktop, phases: z.array(PhaseView), sso: SsoView }),
  z.strictObject({
    screen: z.literal('console'),
    user: z.string().max(256),
    desktop: Desktop,
    link: LinkId,
    /** connecting until the first frame is on the screen. */
    status: z.enum(['connecting', 'connected']),
    phases: z.array(PhaseView),
    sso: SsoView,
    guest: GuestFacts.optional(),
  }),
  z.strictObject({ screen: z.literal('ending') }),
  z.strictObject({
    screen: z.literal('failed'),
    user: z.string().max(256),
    error: UserError,
    desktop: Desktop.optional(),
    /** Buttons to show; the first is the default. retry = same desktop again, dismiss = back to the list, signOut. */
    actions: z.array(z.enum(['retry', 'dismiss', 'signOut'])).min(1),
  }),
])
export type ViewState = z.infer<typeof ViewState>

/** What is fixed for the life of the window. */
export const Bootstrap = z.strictObject({
  version: z.string().max(32),
  locale: z.string().max(20),
  organisation: z.string().max(200),
  /** IT's message on the sign-in screen (plain text). */
  message: z.string().max(2000),
  power: z.array(PowerAction),
  fullscreen: z.boolean(),
  consoleEngine: z.enum(['spice-html5', 'latchkey']),
  /** Which way copied text may go, and how much of it at once (UTF-8 bytes). */
  clipboard: z.strictObject({ policy: z.enum(['off', 'toGuest', 'fromGuest', 'both']), maxBytes: z.number().int().min(0) }),
  sound: z.boolean(),
  onDisconnect: z.enum(['keep', 'lock', 'logoff']),
  view: ViewState,
})
export type Bootstrap = z.infer<typeof Bootstrap>
