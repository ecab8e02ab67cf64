// Why: what `latchkey probe` and its page say to each other. Only the probe's composition answers these requests; in a
// kiosk they have no handler, so that its page can ask them and gets nothing but a refusal.
import { z } from 'zod'
import { LinkId } from '../view/ui-command.ts'

const Count = z.int().min(0)
/** Measured, so not whole: milliseconds, megabytes. */
const Amount = z.number().min(0)

export const ProbeStart = z.strictObject({
  /** For `spice.open`. */
  link: LinkId,
  /** The primary surface is wanted at the end, by `probe.picture`. */
  picture: z.boolean(),
})
export type ProbeStart = z.infer<typeof ProbeStart>

export const ProbeChannel = z.strictObject({
  /** SPICE channel type and number. */
  type: z.int().min(0).max(255),
  id: z.int().min(0).max(255),
  /** Taken off the stream, the link included. */
  bytes: Count,
  messages: Count,
  /** Messages that could not be used. */
  lost: Count,
})
export type ProbeChannel = z.infer<typeof ProbeChannel>

/** Why the session ended early; `kind` is CloseReason's of the engine or `page`, `code` a LinkErr number. */
export const ProbeEnd = z.strictObject({
  kind: z.enum(['closed', 'ended', 'server', 'refused', 'protocol', 'timeout', 'unreachable', 'page']),
  code: z.int().min(0).max(0xffffffff).optional(),
  detail: z.string().max(300),
})
export type ProbeEnd = z.infer<typeof ProbeEnd>

export const ProbeReport = z.strictObject({
  end: ProbeEnd.optional(),
  channels: z.array(ProbeChannel).max(64),
  /** From the server's taking of the ticket to the end of the measurement. */
  seconds: Amount,
  draws: Count,
  /** Of the boxes of draws. */
  pixels: Count,
  /** By the protocol's name of the type. */
  images: z.record(z.string().regex(/^\w{1,40}$/), Count),
  decodeMs: Amount,
  presentedFrames: Count,
  /** Sum of all tasks of the page's main thread that took 50 ms or more, within `seconds`. */
  longTasksMs: Amount,
  /** Median; absent: never measured. */
  rttMs: Amount.optional(),
  /** JavaScript memory of page and worker, in units of 10^6 bytes; absent: the browser does not tell. */
  heapMB: Amount.optional(),
})
export type ProbeReport = z.infer<typeof ProbeReport>

/** Largest side of a surface that is taken as a picture, pixels. */
export const MAX_PICTURE_SIDE = 16384
/** Most pixels of a picture: 256 MiB of memory. */
export const MAX_PICTURE_PIXELS = 64 * 1024 * 1024

/** The picture's bytes follow on a port: rows top-down, 4 bytes a pixel (R, G, B, 255), in pieces of MAX_PIECE. */
export const ProbePicture = z
  .strictObject({ width: z.int().min(1).max(MAX_PICTURE_SIDE), height: z.int().min(1).max(MAX_PICTURE_SIDE) })
  .refine(({ width, height }) => width * height <= MAX_PICTURE_PIXELS)
export type ProbePicture = z.infer<typeof ProbePicture>
