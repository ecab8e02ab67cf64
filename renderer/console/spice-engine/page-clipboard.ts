// Why: two clipboards that follow each other only while the person is in the console: this device's is read when the console
// has the keyboard and at no other time, and the guest's text waits until then. The session decides which way is open at all.
import type { ClipboardPolicy } from '../../spice/session/clipboard.ts'

/** The part of navigator.clipboard that is used. Both reject where the shell or the browser says no. */
export interface ClipboardLike {
  readText(): Promise<string>
  writeText(text: string): Promise<void>
}

export interface PageClipboardOptions {
  readonly container: HTMLElement
  readonly policy: ClipboardPolicy
  /** Undefined where the browser has none. */
  readonly clipboard: ClipboardLike | undefined
  /** Offers text to the guest. */
  readonly offer: (text: string) => boolean
}

export class PageClipboard {
  readonly #o: PageClipboardOptions
  readonly #reads: boolean
  readonly #writes: boolean
  #stop: AbortController | undefined
  /** What this device's clipboard held when it was last looked at, or was given by us. */
  #known = ''
  /** What the guest has copied while the person was elsewhere. */
  #waiting: string | undefined
  /** The clipboard may still hold a text of the guest. */
  #lent = false
  #busy = false
  #again = false

  constructor(options: PageClipboardOptions) {
    this.#o = options
    this.#reads = options.policy === 'both' || options.policy === 'toGuest'
    this.#writes = options.policy === 'both' || options.policy === 'fromGuest'
  }

  start(): void {
    if (this.#o.clipboard === undefined || (!this.#reads && !this.#writes)) return
    this.#stop?.abort()
    const stop = new AbortController()
    this.#stop = stop
    const options = { capture: true, signal: stop.signal }
    const look = (): void => { void this.#follow() }
    window.addEventListener('focus', look, options)
    this.#o.container.addEventListener('focusin', look, options)
    // The clipboard has the text when its event is over.
    for (const type of ['copy', 'cut'] as const) document.addEventListener(type, () => { setTimeout(look, 0) }, options)
    // Where there is one (Chromium), it tells of other programs' copies while the window keeps the keyboard.
    if (this.#o.clipboard instanceof EventTarget) this.#o.clipboard.addEventListener('clipboardchange', look, options)
    look()
  }

  /** Nothing of the guest stays behind: the next person at this device is somebody else. */
  stop(): void {
    if (this.#stop === undefined) return
    this.#stop.abort()
    this.#stop = undefined
    this.#waiting = undefined
    this.#known = ''
    // It is refused where the window has lost the keyboard; then it is not ours to touch.
    if (this.#lent) this.#o.clipboard?.writeText('').catch(() => undefined)
    this.#lent = false
  }

  /** The guest has copied this. */
  fromGuest(text: string): void {
    if (!this.#writes || this.#stop === undefined) return
    this.#waiting = text
    if (this.#focused && !this.#busy) void this.#give()
  }

  /** The person is in the console: its window has the keyboard, and none of our own controls in it. */
  get #focused(): boolean {
    const at = document.activeElement
    return document.hasFocus() && (at === null || at === document.body || this.#o.container.contains(at))
  }

  /** What was copied here goes to the guest; if nothing was, what the guest has copied comes here. */
  async #follow(): Promise<void> {
    if (this.#busy) {
      this.#again = true
      return
    }
    this.#busy = true
    try {
      do {
        this.#again = false
        if (this.#stop === undefined || !this.#focused) return
        const text = await this.#read()
        if (text !== '' && text !== this.#known && this.#running()) {
          this.#known = text
          this.#lent = false
          // The person's own copy is the newer one.
          this.#waiting = undefined
          this.#o.offer(text)
        } else await this.#give()
      } while (this.#again)
    } finally {
      this.#busy = false
    }
  }

  /** Apart, because the compiler takes what was true before an await to be true after it. */
  #running(): boolean {
    return this.#stop !== undefined
  }

  async #read(): Promise<string> {
    if (!this.#reads) return ''
    try {
      return (await this.#o.clipboard?.readText()) ?? ''
    } catch {
      // Refused, or it holds no text.
      return ''
    }
  }

  async #give(): Promise<void> {
    const text = this.#waiting
    if (text === undefined || !this.#focused) return
    const before = this.#known
    this.#waiting = undefined
    this.#known = text
    this.#lent = true
    try {
      await this.#o.clipboard?.writeText(text)
    } catch {
      // Lost the keyboard in this very moment: it is tried again when the person is back.
      this.#known = before
      if (this.#running() && !this.#focused) this.#waiting ??= text
    }
  }
}
