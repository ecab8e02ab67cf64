// Why: the small thing that the console screen needs of a SPICE client. Our own engine and the
// spice-html5 package stand behind it; the screen does not notice which.
import type { LinkId } from '../../shared/view/ui-command.ts'
import type { Bootstrap } from '../../shared/view/view-state.ts'

/** What an engine reports, each at most once per start. firstFrame = guest pixels are on the screen. */
export type ConsoleEvent = 'linked' | 'firstFrame' | 'failed' | 'ended'

/**
 * What becomes of this device's mouse. `free`: the guest follows it; `unlocked`: a click gives it to the guest; `locked`: the
 * guest has it until Ctrl+Alt; `refused`: the browser did not lock it, so it moves the guest's as long as it is over the picture.
 */
export type PointerHold = 'free' | 'unlocked' | 'locked' | 'refused'

/** What an engine tells for people to see, any number of times and only when it changes. */
export type ConsoleNotice =
  | { readonly kind: 'pointer'; readonly hold: PointerHold }
  /** The guest's keyboard lamps. */
  | { readonly kind: 'locks'; readonly caps: boolean; readonly num: boolean; readonly scroll: boolean }
  /** A copied text was longer than the limit and was not passed on, nor a part of it. UTF-8 bytes. */
  | { readonly kind: 'clipboard-too-large'; readonly direction: 'toGuest' | 'fromGuest'; readonly bytes: number; readonly limit: number }
  /** The guest will not have this window's size. */
  | { readonly kind: 'resolution-refused' }
  /** The guest is being moved to another host. */
  | { readonly kind: 'migration'; readonly step: 'announced' | 'begin' | 'cancel' | 'end' | 'switch-host' }
  /** The server said why it ends the session; `reason`: the header's name of its code, e.g. `OK`. */
  | { readonly kind: 'goodbye'; readonly reason: string }

export interface ConsoleOptions {
  readonly link: LinkId
  /** Opens the byte channel for one SPICE channel: its type (spice-protocol: main 1, display 2 …) and number among those. */
  openChannel(channel: number, id: number): Promise<MessagePort>
  onEvent(event: ConsoleEvent): void
  /** The person pressed the combination that shows our own controls; no key is down in the guest any more. */
  onMenuKey(): void
  /** Absent: nobody looks. */
  onNotice?(notice: ConsoleNotice): void
  /** Default: no text goes either way. */
  readonly clipboard?: Bootstrap['clipboard']
  /** Default: the guest is heard. */
  readonly sound?: boolean
}

export interface ConsoleEngine {
  /** Draws into `container` (empty, in the document, sized by CSS) until stop(). */
  start(container: HTMLElement, options: ConsoleOptions): void
  /** Closes every channel and empties the container. May be called twice. */
  stop(): void
  /** Presses the keys (KeyboardEvent.code values) in order and releases them in reverse. */
  sendKeys(codes: readonly string[]): void
  sendCtrlAltDel(): void
  focus(): void
  /** The last measured round trip to the SPICE server, ms; undefined: none yet, or this engine measures none. */
  rtt?(): number | undefined
}
