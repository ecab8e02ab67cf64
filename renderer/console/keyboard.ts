// Why: the guest gets physical keys, each press with exactly one release, whatever the window does in between. Keys
// are taken before any other listener of the page sees them, so the SPICE package's own handlers never act.
import { isKnownKey, wireCode } from '../spice/session/scancodes.ts'

export interface KeyboardSink {
  /** One key message; `code` as wireCode() makes it. */
  key(code: number, pressed: boolean): void
  /** Lock states of this machine, told before the first key after the window got the keyboard: SPICE bits 1 scroll, 2 num, 4 caps. */
  locks(bits: number): void
  menuKey(): void
  /** Ctrl and Alt were pressed together and let go, with nothing else: "give me my mouse back". */
  ctrlAlt?(): void
}

const lockKeys: ReadonlySet<string> = new Set(['CapsLock', 'NumLock', 'ScrollLock'])

/** The right Alt is no part of it: where that is AltGr, Windows layouts press a Ctrl with it. */
const ctrlKeys: readonly string[] = ['ControlLeft', 'ControlRight']
const ALT = 'AltLeft'

/** Ctrl+Alt+Home: what remote desktop users know as "show the bar". */
const isMenuKey = (e: KeyboardEvent): boolean => e.code === 'Home' && e.ctrlKey && e.altKey

export class Keyboard {
  readonly #down = new Set<string>()
  readonly #sink: KeyboardSink
  readonly #container: HTMLElement
  #stop: AbortController | undefined
  #locksTold = false
  /** Ctrl and Alt are down, and nothing else has been since. */
  #ctrlAlt = false

  constructor(container: HTMLElement, sink: KeyboardSink) {
    this.#container = container
    this.#sink = sink
  }

  start(): void {
    this.#stop?.abort()
    const stop = new AbortController()
    this.#stop = stop
    const options = { capture: true, signal: stop.signal }
    window.addEventListener('keydown', (e) => { this.#onKey(e, true) }, options)
    window.addEventListener('keyup', (e) => { this.#onKey(e, false) }, options)
    // A pointer event knows the locks as well as a key does, and comes first where the window got the keyboard by a click.
    for (const type of ['pointerdown', 'pointermove'] as const) window.addEventListener(type, (e) => { if (this.#inContainer(e.target) && document.hasFocus()) this.#tellLocks(e) }, options)
    window.addEventListener('pagehide', () => { this.releaseAll() }, options)
    window.addEventListener('blur', () => { this.releaseAll() }, options)
    document.addEventListener('visibilitychange', () => { this.releaseAll() }, options)
    // Focus moving to one of our own controls ends what the guest holds just as leaving the window does.
    document.addEventListener('focusin', (e) => { if (!this.#isOurs(e.target)) this.releaseAll() }, options)
  }

  stop(): void {
    this.releaseAll()
    this.#stop?.abort()
    this.#stop = undefined
  }

  releaseAll(): void {
    for (const code of [...this.#down].reverse()) this.#send(code, false)
    this.#down.clear()
    this.#locksTold = false
    this.#ctrlAlt = false
  }

  /** Presses in order, releases in reverse; keys that are already down stay down. */
  sendKeys(codes: readonly string[]): void {
    const fresh = codes.filter((code) => isKnownKey(code) && !this.#down.has(code))
    for (const code of fresh) this.#send(code, true)
    for (const code of fresh.toReversed()) this.#send(code, false)
  }

  /** Keys belong to the guest while the focus is in the console or nowhere. */
  #isOurs(target: EventTarget | null): boolean {
    return target === document.body || target === document.documentElement || this.#inContainer(target)
  }

  #inContainer(target: EventTarget | null): boolean {
    return target instanceof Node && this.#container.contains(target)
  }

  #onKey(e: KeyboardEvent, pressed: boolean): void {
    if (!this.#isOurs(e.target)) return
    e.preventDefault()
    e.stopImmediatePropagation()
    if (pressed && isMenuKey(e)) {
      this.releaseAll()
      this.#sink.menuKey()
      return
    }
    if (!isKnownKey(e.code)) return
    if (!pressed) {
      this.#chordUp(e.code)
      if (this.#down.delete(e.code)) this.#send(e.code, false)
      // A browser reports Print Screen only on release.
      else if (e.code === 'PrintScreen') this.sendKeys([e.code])
      return
    }
    if (!lockKeys.has(e.code)) this.#tellLocks(e)
    this.#down.add(e.code)
    if (!e.repeat) this.#ctrlAlt = this.#down.size === 2 && this.#down.has(ALT) && ctrlKeys.some((code) => this.#down.has(code))
    this.#send(e.code, true) // repeats too: a PC keyboard repeats its make code
  }

  #chordUp(code: string): void {
    if (!this.#ctrlAlt || !this.#down.has(code)) return
    this.#ctrlAlt = false
    this.#sink.ctrlAlt?.()
  }

  #tellLocks(e: KeyboardEvent | MouseEvent): void {
    if (this.#locksTold) return
    this.#locksTold = true
    const bit = (name: string, value: number): number => (e.getModifierState(name) ? value : 0)
    this.#sink.locks(bit('ScrollLock', 1) | bit('NumLock', 2) | bit('CapsLock', 4))
  }

  #send(code: string, pressed: boolean): void {
    const wire = wireCode(code, pressed)
    if (wire !== undefined) this.#sink.key(wire, pressed)
  }
}
