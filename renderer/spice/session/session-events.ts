// Why: everything a session tells, in one list: the contract between the engine and whatever shows it.
import type { ClipboardExcess } from './clipboard.ts'
import type { CloseReason } from './close-reason.ts'
import type { Notice } from './common-messages.ts'
import type { CursorState } from './cursor.ts'
import type { ChannelRef, MigrationTarget, MouseModes } from './main-channel.ts'

export interface SessionEnd {
  readonly reason: CloseReason
  /** Whose end it was. */
  readonly channel: ChannelRef
}

export interface AgentState {
  readonly up: boolean
  /** The guest takes resolutions. */
  readonly resizes: boolean
  /** The guest takes part in clipboards; whether text goes is for policy. */
  readonly clipboard: boolean
}

export interface SessionEvents {
  /** The server took the ticket and told the session. */
  linked: { readonly sessionId: number }
  /** Last of all events, exactly once; also after close(). */
  closed: SessionEnd
  channelLinked: ChannelRef
  /** A channel ended that the session can go on without. */
  channelClosed: SessionEnd
  /** A round trip was measured: by asking the main channel, by pointer messages, or by the link itself. */
  rtt: { readonly ms: number; readonly source: 'link' | 'probe' | 'motion' }
  /** The server has not answered for `ms`; the next `rtt` from a probe says that it does again. */
  silent: { readonly ms: number }
  mouseMode: MouseModes
  /** The guest's lock lamps, `KeyboardModifierFlags` bits. */
  lockKeys: number
  agent: AgentState
  /** Text the guest has put on its clipboard, while policy lets it out. */
  clipboard: string
  /** A text was longer than the limit. Nothing of it was passed on. Bytes of UTF-8. */
  clipboardTooLarge: ClipboardExcess
  cursor: CursorState & { readonly channelId: number }
  vm: { readonly name?: string; readonly uuid?: string }
  notice: Notice & { readonly channel: ChannelRef }
  /** The VM moves. Until migration is followed, 'switch-host' is where to connect anew. */
  migration: { readonly step: 'announced' | 'begin' | 'cancel' | 'end' | 'switch-host'; readonly target?: MigrationTarget }
  /** The guest did not take the resolution that was asked for, nor when it was asked again. */
  monitorsRefused: undefined
  /** A message was lost, the channel goes on. For logs and statistics. */
  problem: { readonly channel: ChannelRef; readonly messageType: number; readonly detail: string }
}
