// Why: the small thing that the console screen needs of a SPICE client. spice-html5 is the first implementation;
// an engine of our own takes its place later without the screen noticing.
import type { LinkId } from '../../shared/view/ui-command.ts'

/** What an engine reports, each at most once per start. firstFrame = guest pixels are on the screen. */
export type ConsoleEvent = 'linked' | 'firstFrame' | 'failed' | 'ended'

export interface ConsoleOptions {
  readonly link: LinkId
  /** Opens the byte channel for one SPICE channel: its type (spice-protocol: main 1, display 2 …) and number among those. */
  openChannel(channel: number, id: number): Promise<MessagePort>
  onEvent(event: ConsoleEvent): void
  /** The person pressed the combination that shows our own controls; no key is down in the guest any more. */
  onMenuKey(): void
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
}
