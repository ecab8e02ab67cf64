// Why: what a signed-in guest shows: enough of a desktop to see at a glance whose it is, that time passes, and that keys
// and mouse arrive where they should.
import { makeBackdrop, type Canvas } from './canvas.ts'
import { textWidth, type TypeStyle } from './font.ts'
import { Keyboard } from './keyboard.ts'
import { contains, rect, type Rect } from './region.ts'
import { clockText, dateText, Screen, type InputEvent } from './screen.ts'
import { desktopPalette, wallpaper } from './wallpaper.ts'

export interface DesktopOptions {
  readonly user: string
  readonly host: string
  readonly width?: number
  readonly height?: number
  /** The person chose "Log off" inside the guest. */
  readonly onLogOff?: () => void
}

const BAR = 40
const INK = 0x1d2733
const MUTED = 0x66727e
const ACCENT = 0x2f6fab
const NOTE: TypeStyle = { cap: 11 }
const LINE = 24
const MAX_MARKS = 24
const MAX_TEXT = 2000

export class DesktopScreen extends Screen {
  readonly #user: string
  readonly #host: string
  readonly #onLogOff: (() => void) | undefined
  readonly #keyboard = new Keyboard()
  readonly #backdrop: Uint32Array
  #text = ''
  #pointer: { readonly x: number; readonly y: number } | undefined
  #buttons = 0
  #clicks = 0
  #marks: { readonly x: number; readonly y: number; readonly button: number }[] = []
  #pressed: 'clear' | 'logoff' | undefined

  constructor(options: DesktopOptions) {
    super(options)
    this.#user = options.user
    this.#host = options.host
    this.#onLogOff = options.onLogOff
    this.#backdrop = makeBackdrop(this.width, this.height, (c) => this.#still(c))
  }

  /** What has been typed so far. */
  get text(): string {
    return this.#text
  }
  get clicks(): number {
    return this.#clicks
  }

  override input(event: InputEvent): void {
    const typed = this.#keyboard.feed(event)
    if (typed?.kind === 'text') this.#text = (this.#text + typed.text).slice(-MAX_TEXT)
    else if (typed?.name === 'enter') this.#text += '\n'
    else if (typed?.name === 'tab') this.#text += '    '
    else if (typed?.name === 'backspace') this.#text = Array.from(this.#text).slice(0, -1).join('')
    if (event.kind === 'pointer') {
      this.#pointer = { x: event.x, y: event.y }
      this.#buttons = event.buttons
    }
    if (event.kind === 'button') this.#button(event.down, event.button, event.x, event.y)
    if (typed || event.kind === 'pointer' || event.kind === 'button') this.changed()
  }

  #button(down: boolean, button: number, x: number, y: number): void {
    const at = this.layout()
    this.#pointer = { x, y }
    const over = contains(at.clear, x, y) ? 'clear' : contains(at.logOff, x, y) ? 'logoff' : undefined
    if (down) {
      this.#pressed = button === 1 ? over : undefined
      this.#clicks++
      if (over === undefined) this.#marks = [...this.#marks, { x, y, button }].slice(-MAX_MARKS)
      return
    }
    const chosen = this.#pressed !== undefined && this.#pressed === over ? over : undefined
    this.#pressed = undefined
    if (chosen === 'clear') {
      this.#text = ''
      this.#marks = []
    }
    if (chosen === 'logoff') this.#onLogOff?.()
  }

  /** Where things are, in surface pixels; tests aim at these. */
  layout(): { readonly notes: Rect; readonly mouse: Rect; readonly clear: Rect; readonly logOff: Rect } {
    const top = BAR + 48
    const height = Math.min(430, this.height - top - 40)
    const mouse = rect(this.width - 40 - 250, top, 250, height)
    const left = this.width > 900 ? 150 : 24
    const notes = rect(left, top, mouse.left - 28 - left, height)
    return { notes, mouse, clear: rect(notes.right - 100, notes.top + 7, 88, 30), logOff: rect(this.width - 104, 6, 92, BAR - 12) }
  }

  /** All that never changes, shadows above all, is drawn once. */
  #still(canvas: Canvas): void {
    const at = this.layout()
    canvas.backdrop(wallpaper(this.width, this.height, desktopPalette))
    if (this.width > 900) this.#icons(canvas)
    canvas.fill(rect(0, 0, this.width, BAR), 0x10202b, 0.78)
    this.#window(canvas, at.notes, 'Notes')
    this.#window(canvas, at.mouse, 'Mouse')
  }

  override paint(canvas: Canvas, wallMs: number): void {
    const at = this.layout()
    canvas.backdrop(this.#backdrop)
    this.#bar(canvas, wallMs, at.logOff)
    this.#notes(canvas, at.notes, at.clear)
    this.#mousePanel(canvas, at.mouse)
    for (const m of this.#marks) {
      canvas.ring(m.x, m.y, 8, 11, [0xffffff, 0xffb454, 0x7ee08a, 0xff7b72][m.button] ?? 0xffffff, 0.9)
      canvas.disc(m.x, m.y, 2, 0xffffff)
    }
  }

  #bar(canvas: Canvas, wallMs: number, logOff: Rect): void {
    canvas.disc(24, BAR / 2, 7, 0xffc98b)
    canvas.text(40, 25, shorten(this.#host, 24), { cap: 10, bold: true }, 0xffffff)
    const middle = this.width / 2
    canvas.text(middle, 25, clockText(wallMs), { cap: 11, bold: true }, 0xffffff, 'centre')
    if (this.width > 900) canvas.text(middle + 64, 25, dateText(wallMs), { cap: 9 }, 0xc8d6df)
    canvas.panel(logOff, 7, this.#pressed === 'logoff' ? 0x0b161d : 0x35505f)
    canvas.text((logOff.left + logOff.right) / 2, 25, 'Log off', { cap: 9.5, bold: true }, 0xffffff, 'centre')
    const end = logOff.left - 16
    const name = shorten(this.#user, 20)
    canvas.text(end, 25, name, { cap: 10.5, bold: true }, 0xffffff, 'right')
    const cx = end - textWidth(name, { cap: 10.5, bold: true }) - 18
    canvas.disc(cx, BAR / 2, 11, 0x7cc4e8)
    canvas.text(cx + 0.5, 24, (Array.from(name)[0] ?? '').toUpperCase(), { cap: 8, bold: true }, 0x10202b, 'centre')
  }

  #icons(canvas: Canvas): void {
    const icon = (row: number, label: string, draw: (x: number, y: number) => void) => {
      const y = BAR + 76 + row * 108
      draw(75, y)
      canvas.text(75, y + 46, label, { cap: 9.5 }, 0xffffff, 'centre')
    }
    icon(0, 'Home', (x, y) => {
      for (let i = 0; i < 22; i++) canvas.fill(rect(x - i - 2, y - 24 + i, 2 * i + 4, 1), 0xffc98b)
      canvas.panel(rect(x - 17, y - 3, 34, 26), 3, 0xf5efe6)
      canvas.fill(rect(x - 5, y + 8, 10, 15), 0x8a6a4a)
    })
    icon(1, 'Documents', (x, y) => {
      canvas.panel(rect(x - 24, y - 20, 22, 12), 4, 0x5fa8d3)
      canvas.panel(rect(x - 24, y - 14, 48, 36), 5, 0x7cc4e8)
    })
    icon(2, 'Wastebasket', (x, y) => {
      canvas.panel(rect(x - 16, y - 14, 32, 36), 5, 0xc9d3da)
      canvas.panel(rect(x - 20, y - 20, 40, 7), 3, 0xe7edf1)
      for (const dx of [-8, 0, 8]) canvas.fill(rect(x + dx - 1, y - 7, 2, 22), 0x8794a0)
    })
  }

  #notes(canvas: Canvas, box: Rect, clear: Rect): void {
    canvas.panel(clear, 6, this.#pressed === 'clear' ? 0xb9cbdb : 0xffffff)
    canvas.text((clear.left + clear.right) / 2, clear.top + 20, 'Clear', { cap: 9.5, bold: true }, ACCENT, 'centre')
    const left = box.left + 20
    const first = box.top + 76
    if (this.#text === '') {
      canvas.text(left, first, `Welcome, ${this.#user}. Type something.`, NOTE, 0x93a0ab)
      canvas.fill(rect(left - 6, first - 15, 2, 20), ACCENT)
      return
    }
    const rows = Math.floor((box.bottom - first - 8) / LINE) + 1
    const lines = wrap(this.#text, box.right - left - 20).slice(-rows)
    let end = left
    lines.forEach((line, i) => {
      end = canvas.text(left, first + i * LINE, line, NOTE, INK)
    })
    canvas.fill(rect(Math.round(end) + 1, first + (lines.length - 1) * LINE - 15, 2, 20), ACCENT)
  }

  #mousePanel(canvas: Canvas, box: Rect): void {
    const cx = (box.left + box.right) / 2
    const top = box.top + 84
    canvas.panel(rect(cx - 46, top, 92, 136), 40, 0xc3cfd9)
    canvas.panel(rect(cx - 44, top + 2, 88, 132), 38, 0xf3f6f9)
    canvas.fill(rect(cx - 1, top + 2, 2, 50), 0xc3cfd9)
    canvas.fill(rect(cx - 44, top + 52, 88, 2), 0xc3cfd9)
    const lamp = (bit: number, x: number) => canvas.disc(x, top + 32, 9, (this.#buttons & bit) !== 0 ? 0xffb454 : 0xdde5ec)
    lamp(1, cx - 22)
    lamp(4, cx + 22)
    canvas.panel(rect(cx - 6, top + 20, 12, 26), 6, (this.#buttons & 2) !== 0 ? 0xffb454 : 0xaebac5)
    const row = (dy: number, label: string, value: string) => {
      canvas.text(box.left + 22, top + dy, label, { cap: 9.5 }, MUTED)
      canvas.text(box.right - 22, top + dy, value, { cap: 11, bold: true }, INK, 'right')
    }
    row(186, 'Pointer', this.#pointer ? `${this.#pointer.x}, ${this.#pointer.y}` : 'none yet')
    row(220, 'Clicks', String(this.#clicks))
  }

  #window(canvas: Canvas, box: Rect, title: string): void {
    canvas.card(box, 12, 0xfdfefe, 0xb9c6d0)
    canvas.panel(rect(box.left + 1, box.top + 1, box.right - box.left - 2, 44), 11, 0xe3ebf2)
    canvas.fill(rect(box.left + 1, box.top + 30, box.right - box.left - 2, 15), 0xe3ebf2)
    canvas.fill(rect(box.left + 1, box.top + 45, box.right - box.left - 2, 1), 0xcdd8e1)
    canvas.text(box.left + 18, box.top + 28, title, { cap: 11, bold: true }, INK)
  }
}

const shorten = (text: string, most: number): string => (Array.from(text).length <= most ? text : `${Array.from(text).slice(0, most - 1).join('')}…`)

/** Breaks at the window's edge; words are not kept together, as in a terminal. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const paragraph of text.split('\n')) {
    let line = ''
    for (const char of paragraph) {
      if (line !== '' && textWidth(line + char, NOTE) > width) {
        lines.push(line)
        line = ''
      }
      line += char
    }
    lines.push(line)
  }
  return lines
}
