// Why: what a guest shows when nobody is signed in. The simulated agent moves it by itself (filled-in name, dots, messages)
// and a person can use it by hand too, so that the way on after a failed automatic sign-on can be seen and tested.
import { makeBackdrop, type Canvas, type Colour } from './canvas.ts'
import { Keyboard } from './keyboard.ts'
import { contains, rect, type Rect } from './region.ts'
import { clockText, dateText, Screen, type InputEvent } from './screen.ts'
import { signInPalette, wallpaper } from './wallpaper.ts'

export type MessageTone = 'info' | 'busy' | 'error'
export interface SignInMessage {
  readonly text: string
  readonly tone: MessageTone
}

export interface SignInOptions {
  readonly host: string
  readonly width?: number
  readonly height?: number
  /** A locked session shows its owner and takes a password only. */
  readonly lockedBy?: string
  /** Enter or the button, with what was typed at the guest itself. */
  readonly onSubmit?: (user: string, password: string) => void
}

const INK = 0x1d2733
const MUTED = 0x6b7885
const ACCENT = 0x2f6fab
const tones: Readonly<Record<MessageTone, Colour>> = { info: MUTED, busy: ACCENT, error: 0xb3261e }
const FIELD_LIMIT = 64
const MAX_DOTS = 20

export class SignInScreen extends Screen {
  readonly #host: string
  readonly #lockedBy: string | undefined
  readonly #onSubmit: ((user: string, password: string) => void) | undefined
  readonly #keyboard = new Keyboard()
  readonly #backdrop: Uint32Array
  #user: string
  #password = ''
  #dots = 0
  #focus: 'user' | 'password'
  #message: SignInMessage | undefined

  constructor(options: SignInOptions) {
    super(options)
    this.#host = options.host
    this.#lockedBy = options.lockedBy
    this.#onSubmit = options.onSubmit
    this.#user = options.lockedBy ?? ''
    this.#focus = options.lockedBy === undefined ? 'user' : 'password'
    this.#backdrop = makeBackdrop(this.width, this.height, (c) => this.#still(c))
  }

  get user(): string {
    return this.#user
  }
  get message(): SignInMessage | undefined {
    return this.#message
  }

  /** What the guest's agent fills in: a name and so many dots. The dots are only a picture. */
  show(state: { readonly user?: string; readonly dots?: number; readonly message?: SignInMessage | null }): void {
    if (state.user !== undefined) this.#user = state.user
    if (state.dots !== undefined) {
      this.#dots = state.dots
      this.#password = ''
    }
    if (state.message !== undefined) this.#message = state.message ?? undefined
    this.changed()
  }

  override input(event: InputEvent): void {
    if (event.kind === 'button' && event.down && event.button === 1) this.#click(event.x, event.y)
    const typed = this.#keyboard.feed(event)
    if (!typed) return
    if (typed.kind === 'text') this.#edit((old) => (old + typed.text).slice(0, FIELD_LIMIT))
    else if (typed.name === 'backspace') this.#edit((old) => old.slice(0, -1))
    else if (typed.name === 'tab') this.#focusOn(this.#focus === 'user' ? 'password' : 'user')
    else if (typed.name === 'enter') this.#enter()
  }

  #edit(change: (old: string) => string): void {
    if (this.#focus === 'user') this.#user = change(this.#user)
    else {
      this.#password = change(this.#password)
      this.#dots = this.#password.length
    }
    this.changed()
  }

  #focusOn(field: 'user' | 'password'): void {
    this.#focus = this.#lockedBy === undefined ? field : 'password'
    this.changed()
  }

  #click(x: number, y: number): void {
    const at = this.#layout()
    if (contains(at.user, x, y)) this.#focusOn('user')
    else if (contains(at.password, x, y)) this.#focusOn('password')
    else if (contains(at.button, x, y)) this.#enter()
  }

  #enter(): void {
    if (this.#focus === 'user' && this.#password === '') return this.#focusOn('password')
    const password = this.#password
    this.#password = ''
    this.#dots = 0
    this.changed()
    this.#onSubmit?.(this.#user, password)
  }

  #layout(): { readonly card: Rect; readonly user: Rect; readonly password: Rect; readonly button: Rect; readonly cx: number } {
    const width = Math.min(400, this.width - 32)
    const height = 408
    const left = Math.round((this.width - width) / 2)
    const top = Math.max(8, Math.round((this.height - height) / 2))
    const field = (dy: number, h: number) => rect(left + 36, top + dy, width - 72, h)
    return { card: rect(left, top, width, height), user: field(172, 44), password: field(228, 44), button: field(288, 46), cx: left + width / 2 }
  }

  /** Room beside the card for the host's name and the clock. */
  get #roomy(): boolean {
    return this.#layout().card.left >= 260
  }

  /** All that never changes, shadows above all, is drawn once. */
  #still(canvas: Canvas): void {
    const at = this.#layout()
    canvas.backdrop(wallpaper(this.width, this.height, signInPalette))
    const left = this.#roomy ? 32 : 12
    canvas.text(left, this.#roomy ? 50 : 26, this.#host, { cap: this.#roomy ? 16 : 11, bold: true }, 0xffffff)
    if (this.#roomy) canvas.text(left, 78, 'Simulated guest', { cap: 10 }, 0xd5e2ee)
    canvas.card(at.card, 16, 0xfbfcfd, 0xdde5ec)
  }

  override paint(canvas: Canvas, wallMs: number): void {
    const at = this.#layout()
    canvas.backdrop(this.#backdrop)
    if (this.#roomy) {
      canvas.text(this.width - 32, 50, clockText(wallMs), { cap: 16, bold: true }, 0xffffff, 'right')
      canvas.text(this.width - 32, 78, dateText(wallMs), { cap: 10 }, 0xd5e2ee, 'right')
    }
    this.#avatar(canvas, at.cx, at.card.top + 70)
    const title = this.#lockedBy === undefined ? 'Sign in' : 'Locked'
    canvas.text(at.cx, at.card.top + 146, title, { cap: 15, bold: true }, INK, 'centre')
    this.#field(canvas, at.user, 'user', this.#user)
    this.#field(canvas, at.password, 'password', '')
    canvas.panel(at.button, 8, ACCENT)
    canvas.text(at.cx, at.button.top + 29, this.#lockedBy === undefined ? 'Sign in' : 'Unlock', { cap: 11, bold: true }, 0xffffff, 'centre')
    const m = this.#message
    if (m) canvas.text(at.cx, at.card.bottom - 32, m.text.slice(0, 60), { cap: 10.5, bold: m.tone === 'error' }, tones[m.tone], 'centre')
  }

  #avatar(canvas: Canvas, cx: number, cy: number): void {
    canvas.disc(cx, cy, 42, 0xdbe8f4)
    const initial = Array.from(this.#user)[0]
    if (initial !== undefined) {
      canvas.text(cx, cy + 14, initial.toUpperCase(), { cap: 28, bold: true }, ACCENT, 'centre')
      return
    }
    canvas.disc(cx, cy - 10, 13, ACCENT)
    // Shoulders: the part of a large disc that lies inside the avatar's circle.
    for (let y = cy + 8; y < cy + 42; y++) {
      for (let x = cx - 42; x < cx + 42; x++) {
        if (Math.hypot(x + 0.5 - cx, y + 0.5 - cy) < 41.5) canvas.blend(x, y, ACCENT, Math.min(1, Math.max(0, 25.5 - Math.hypot(x + 0.5 - cx, y + 0.5 - cy - 33))))
      }
    }
  }

  #field(canvas: Canvas, box: Rect, name: 'user' | 'password', text: string): void {
    const focused = this.#focus === name
    canvas.panel(box, 8, focused ? ACCENT : 0xc3cfd9)
    const edge = focused ? 2 : 1
    canvas.panel({ left: box.left + edge, right: box.right - edge, top: box.top + edge, bottom: box.bottom - edge }, 8 - edge, 0xffffff)
    const base = box.top + 27
    let end = box.left + 11
    if (name === 'password') {
      for (let i = 0; i < Math.min(this.#dots, MAX_DOTS); i++) canvas.disc(box.left + 21 + i * 14, box.top + 22, 4, INK)
      if (this.#dots > 0) end = box.left + 16 + Math.min(this.#dots, MAX_DOTS) * 14
      if (this.#dots === 0) canvas.text(box.left + 16, base, 'Password', { cap: 11 }, 0x9aa6b1)
    } else if (text === '') canvas.text(box.left + 16, base, 'User name', { cap: 11 }, 0x9aa6b1)
    else end = canvas.text(box.left + 16, base, text.slice(0, 30), { cap: 11 }, INK)
    if (focused) canvas.fill(rect(Math.round(end) + 1, box.top + 12, 2, 20), ACCENT)
  }
}
