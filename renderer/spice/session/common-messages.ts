// Why: the parts of the messages that every channel has, apart from the stream they come in.
// Layouts: SpiceMsgSetAck, SpiceMsgWaitForChannels, SpiceMsgDisconnect, SpiceMsgNotify; SpiceSubMessageList of `spice/protocol.h`.
import type { Reader } from '../wire/reader.ts'

/** Counts messages since the last acknowledgement. */
export class AckWindow {
  #window = 0
  #left = 0

  /** Counting begins with the message after the one that opened the window, hence one more. 0: no acknowledgements. */
  open(window: number): void {
    this.#window = window
    this.#left = window === 0 ? 0 : window + 1
  }

  /** One more message is done; true when an acknowledgement is due. */
  count(): boolean {
    if (this.#window === 0 || --this.#left > 0) return false
    this.#left = this.#window
    return true
  }
}

export interface Wait {
  readonly type: number
  readonly id: number
  readonly serial: number
}

/** u8 count, then per wait u8 channel type, u8 channel id, u64 message serial. */
export function readWaits(r: Reader): Wait[] {
  const count = r.count(r.u8(), 10)
  return Array.from({ length: count }, () => ({ type: r.u8(), id: r.u8(), serial: Number(r.u64()) }))
}

/** u64 time stamp, u32 reason. @returns a `LinkErr` number */
export function readDisconnecting(r: Reader): number {
  r.skip(8)
  return r.u32()
}

export interface Notice {
  /** `NotifySeverity` */
  readonly severity: number
  /** `NotifyVisibility` */
  readonly visibility: number
  /** `WarnCode`, `InfoCode` or `LinkErr`, by severity. */
  readonly what: number
  readonly text: string
}

const MAX_NOTICE_BYTES = 4096

/** u64 time stamp, u32 severity, u32 visibility, u32 what, u32 length, text. */
export function readNotice(r: Reader): Notice {
  r.skip(8)
  const severity = r.u32()
  const visibility = r.u32()
  const what = r.u32()
  const bytes = r.take(r.u32())
  return { severity, visibility, what, text: new TextDecoder().decode(bytes.subarray(0, MAX_NOTICE_BYTES)) }
}

/** SpiceSubMessageList: u16 count, u32 offsets of SpiceSubMessage {u16 type, u32 size, data}; offsets from the message's start. */
export function subMessages(r: Reader): { readonly type: number; readonly body: Uint8Array }[] {
  const count = r.count(r.u16(), 4)
  return Array.from({ length: count }, () => {
    const sub = r.at(r.u32())
    const type = sub.u16()
    return { type, body: sub.take(sub.u32()) }
  })
}
