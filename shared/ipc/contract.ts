// Why: the whole conversation between the two processes: three requests and two events of the kiosk, and the requests of
// `latchkey probe`, each parsed on arrival on both sides. A refusal is an error reply, never an undefined answer.
import { z } from 'zod'
import { LinkId, UiCommand } from '../view/ui-command.ts'
import { Bootstrap, UserError, ViewState } from '../view/view-state.ts'
import { ProbePicture, ProbeReport, ProbeStart } from './probe.ts'

/** `nonce` names the MessagePort that follows by window message (see port-protocol.ts). */
export const ChannelOffer = z.strictObject({ nonce: z.string().regex(/^[A-Za-z0-9_-]{16,64}$/) })
export type ChannelOffer = z.infer<typeof ChannelOffer>

export const Notice = z.strictObject({ level: z.enum(['info', 'warning']), error: UserError.optional(), key: z.string().max(80).optional() })
export type Notice = z.infer<typeof Notice>

export const contract = {
  requests: {
    'app.start': { input: z.strictObject({ protocol: z.literal(1) }), output: Bootstrap },
    'ui.command': { input: UiCommand, output: z.null() },
    /**
     * `channel` is SPICE's channel type (main 1, display 2, inputs 3, cursor 4, playback 5 …), `id` its number among those
     * of the type (displays 0, 1 …): the port that comes is good for exactly this channel.
     */
    'spice.open': { input: z.strictObject({ link: LinkId, channel: z.int().min(0).max(31), id: z.int().min(0).max(255) }), output: ChannelOffer },
    /** `latchkey probe` alone answers these (probe.ts): what to measure; */
    'probe.start': { input: z.strictObject({ protocol: z.literal(1) }), output: ProbeStart },
    /** answered when the measurement is over, asked once there is a picture, or none comes; */
    'probe.wait': { input: z.null(), output: z.null() },
    /** whose port takes the picture's bytes; */
    'probe.picture': { input: ProbePicture, output: ChannelOffer },
    /** and the last word. */
    'probe.report': { input: ProbeReport, output: z.null() },
  },
  events: { 'view.changed': ViewState, 'app.notice': Notice },
} as const

export type RequestName = keyof typeof contract.requests
export type EventName = keyof typeof contract.events
export type RequestInput<K extends RequestName> = z.output<(typeof contract.requests)[K]['input']>
export type RequestOutput<K extends RequestName> = z.output<(typeof contract.requests)[K]['output']>
export type EventPayload<K extends EventName> = z.output<(typeof contract.events)[K]>

/** Errors cross as data: the rejection value of a request. */
export type Reply = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: UserError }
