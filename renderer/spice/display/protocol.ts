// Why: what the page and the worker that owns the display channels say to each other. Plain data, ports and canvases:
// pixels never cross, but for a screenshot that somebody asked for.
import type { CloseReason } from '../session/close-reason.ts'
import type { ChannelStats } from '../session/channel.ts'
import type { ChannelOffer } from '../session/sink.ts'
import type { DisplayCounts } from './counts.ts'

/** One display channel's numbers. */
export interface DisplayStats extends DisplayCounts {
  /** Channel id. */
  readonly id: number
  readonly channel: ChannelStats
  /** Frames that were presented, i.e. times that dirty rectangles went to the screen. */
  readonly presentedFrames: number
  /** Time spent on presenting, ms. */
  readonly presentMs: number
}

/** The shown surface, exactly. Words 0xAABBGGRR, i.e. ImageData's bytes, rows top-down without padding; alpha 255. */
export interface Screenshot {
  readonly width: number
  readonly height: number
  readonly data: Uint32Array
}

export type ToWorker =
  | { readonly t: 'channel'; readonly offer: ChannelOffer; readonly port: MessagePort; readonly ticket?: Uint8Array }
  /** Where display `id` is shown; may come before the channel, or never. */
  | { readonly t: 'canvas'; readonly id: number; readonly canvas: OffscreenCanvas }
  | { readonly t: 'close'; readonly id: number }
  | { readonly t: 'mmTime'; readonly ms: number }
  /** How far ahead of its being heard sound is received, ms; null: no sound plays. */
  | { readonly t: 'sound'; readonly delay: number | null }
  | { readonly t: 'stats'; readonly ask: number }
  | { readonly t: 'screenshot'; readonly ask: number; readonly id: number }
  /** Everything is closed; the worker ends itself once that has left it. */
  | { readonly t: 'end' }

export type FromWorker =
  | { readonly t: 'linked'; readonly id: number }
  | { readonly t: 'closed'; readonly id: number; readonly reason: CloseReason }
  | { readonly t: 'problem'; readonly id: number; readonly messageType: number; readonly detail: string }
  | { readonly t: 'migrating'; readonly id: number; readonly flags: number }
  /** What is shown of the display, surface pixels; null: nothing any more. */
  | { readonly t: 'view'; readonly id: number; readonly view: View | null }
  /** Pixels of the guest are on the canvas: once for each time that there is a picture after none. */
  | { readonly t: 'firstFrame'; readonly id: number }
  | { readonly t: 'stats'; readonly ask: number; readonly stats: readonly DisplayStats[] }
  | { readonly t: 'screenshot'; readonly ask: number; readonly screenshot: Screenshot | null }

/** The part of a surface that is shown. */
export interface View {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}
