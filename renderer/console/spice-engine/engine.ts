// Why: the console port on the engine of this repository: the session lives in the page, pixels live in a worker, and
// what the person does goes to the guest in order.
import { linkErrName } from '../../spice/session/close-reason.ts'
import type { CursorState } from '../../spice/session/cursor.ts'
import { KeyboardModifierFlags as Lamp, MouseMode } from '../../spice/wire/enums.ts'
import { DisplayProxy, type WorkerLike } from '../../spice/display/proxy.ts'
import type { DisplayStats, Screenshot, View } from '../../spice/display/protocol.ts'
import { SpiceSession } from '../../spice/session/session.ts'
import { isOrderly } from '../../spice/session/main-channel.ts'
import { scancodes, wireCode } from '../../spice/session/scancodes.ts'
import type { SessionEnd, SessionEvents } from '../../spice/session/session-events.ts'
import { Keyboard } from '../keyboard.ts'
import { MountedEngine } from '../mounted-engine.ts'
import type { ConsoleEvent, ConsoleNotice, ConsoleOptions } from '../port.ts'
import { GuestCursor } from './guest-cursor.ts'
import { makeWorker } from './make-worker.ts'
import { PageClipboard } from './page-clipboard.ts'
import { place } from './placement.ts'
import { PagePointer } from './pointer.ts'
import { portChannel } from './port-channel.ts'
import { soundSink } from './sound.ts'
import { unsealed } from './unsealed.ts'
import { WindowSize } from './window-size.ts'

/** The display of the console; further ones are kept up but not shown. */
const SHOWN = 0
/** Lost messages that a console tells the log of. */
const LOGGED_PROBLEMS = 20
/** What may be told of one: the detail can quote the guest. */
const PROBLEM_CHARS = 200
/** Ends of a channel's port that are the guest's own doing (shared/ipc/port-protocol.ts, CloseReason). */
const ORDERLY: ReadonlySet<string> = new Set(['ended', 'shutdown'])

/** The keyboard speaks in wire codes, the session in names of keys. */
const codes: ReadonlyMap<number | undefined, string> = new Map(
  Object.keys(scancodes).flatMap((code) => [[wireCode(code, true), code], [wireCode(code, false), code]] as const),
)

/** Whether the session came to its end as sessions do. */
export function endedWell({ reason }: SessionEnd): boolean {
  if (reason.kind === 'server') return isOrderly(reason.code)
  return reason.kind === 'ended' && ORDERLY.has(reason.detail)
}

class Mount {
  readonly #container: HTMLElement
  readonly #options: ConsoleOptions
  readonly #canvas: HTMLCanvasElement
  readonly #proxy: DisplayProxy
  readonly #session: SpiceSession
  readonly keyboard: Keyboard
  readonly #pointer: PagePointer
  readonly #cursor: GuestCursor
  readonly #clipboard: PageClipboard
  readonly #size: WindowSize
  readonly #reported = new Set<ConsoleEvent>()
  #view: View | null = null
  #relative = true
  #rtt: number | undefined
  #problems = 0
  #stopped = false

  constructor(container: HTMLElement, options: ConsoleOptions, worker: WorkerLike) {
    this.#container = container
    this.#options = options
    this.#canvas = document.createElement('canvas')
    container.replaceChildren(this.#canvas)
    this.#cursor = new GuestCursor(container, this.#canvas)
    this.#proxy = new DisplayProxy({
      worker,
      openPort: (type, id) => options.openChannel(type, id),
      onView: (id, view) => { if (id === SHOWN) this.#looks(view) },
      onFirstFrame: (id) => { if (id === SHOWN) this.#painted() },
    })
    this.#proxy.show(SHOWN, this.#canvas.transferControlToOffscreen())
    // The ticket is put in by the main process on the way: what is sealed here is empty.
    const openChannel = async (type: number, id: number) => portChannel(await options.openChannel(type, id))
    const { policy, maxBytes } = options.clipboard ?? { policy: 'off', maxBytes: 0 }
    this.#session = new SpiceSession({
      cipher: unsealed,
      openChannel,
      display: this.#proxy,
      clipboard: policy,
      ...(policy !== 'off' && { limits: { clipboardBytes: maxBytes } }),
      ...(options.sound !== false && { audio: soundSink(openChannel, (delay) => { this.#proxy.sound(delay) }) }),
    })
    const { inputs } = this.#session
    this.keyboard = new Keyboard(container, {
      key: (wire, pressed) => {
        const code = codes.get(wire)
        if (code === undefined) return
        if (pressed) inputs.keyDown(code)
        else inputs.keyUp(code)
      },
      locks: (bits) => { inputs.syncLocks(bits) },
      menuKey: () => {
        this.#pointer.unlock()
        options.onMenuKey()
      },
      ctrlAlt: () => { this.#pointer.unlock() },
    })
    this.#pointer = new PagePointer({
      container,
      canvas: this.#canvas,
      inputs,
      view: () => this.#view ?? undefined,
      relative: () => this.#relative,
      onHold: (hold) => {
        this.#cursor.give(hold !== 'unlocked')
        this.#notice({ kind: 'pointer', hold })
      },
    })
    const clipboard = navigator.clipboard as Clipboard | undefined
    this.#clipboard = new PageClipboard({ container, policy, clipboard, offer: (text) => this.#session.offerClipboard(text) })
    this.#size = new WindowSize(container, (width, height) => { this.#resized(width, height) })
    this.#listen()
  }

  #listen(): void {
    const session = this.#session
    session.on('linked', () => { this.#report('linked') })
    session.on('closed', (end) => {
      if (end.reason.kind === 'server') this.#notice({ kind: 'goodbye', reason: linkErrName(end.reason.code) })
      this.#report(endedWell(end) && this.#reported.has('linked') ? 'ended' : 'failed')
    })
    session.on('mouseMode', ({ current }) => {
      this.#relative = current !== MouseMode.CLIENT
      this.#pointer.modeChanged()
      this.#cursor.place(this.#relative, this.#view)
    })
    session.on('rtt', ({ ms }) => { this.#rtt = ms })
    session.on('lockKeys', (bits) => {
      const lit = (lamp: number): boolean => (bits & lamp) !== 0
      this.#notice({ kind: 'locks', caps: lit(Lamp.CAPS_LOCK), num: lit(Lamp.NUM_LOCK), scroll: lit(Lamp.SCROLL_LOCK) })
    })
    session.on('clipboard', (text) => { this.#clipboard.fromGuest(text) })
    session.on('clipboardTooLarge', (excess) => { this.#notice({ kind: 'clipboard-too-large', ...excess }) })
    session.on('monitorsRefused', () => { this.#notice({ kind: 'resolution-refused' }) })
    session.on('migration', ({ step }) => { this.#notice({ kind: 'migration', step }) })
    session.on('problem', (problem) => { this.#lost(problem) })
    session.on('cursor', (state: CursorState & { readonly channelId: number }) => { if (state.channelId === SHOWN) this.#cursor.show(state) })
  }

  stats(): Promise<readonly DisplayStats[]> {
    return this.#proxy.stats()
  }
  screenshot(): Promise<Screenshot | null> {
    return this.#proxy.screenshot(SHOWN)
  }
  get rtt(): number | undefined {
    return this.#rtt
  }

  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.keyboard.stop()
    this.#pointer.stop()
    this.#clipboard.stop()
    this.#size.stop()
    this.#session.close()
    this.#proxy.close()
    this.#cursor.remove()
    this.#container.replaceChildren()
  }

  #looks(view: View | null): void {
    this.#view = view
    this.#lay()
  }

  /** The canvas first: the pointer is drawn where that lies. */
  #lay(): void {
    place(this.#canvas, this.#container, this.#view)
    this.#cursor.place(this.#relative, this.#view)
  }

  /** Only now: before it, keys belong to the "connecting" screen, whose Escape must work. */
  #painted(): void {
    if (this.#stopped || this.#reported.has('firstFrame')) return
    this.keyboard.start()
    this.#pointer.start()
    this.#clipboard.start()
    this.#report('firstFrame')
  }

  #report(event: ConsoleEvent): void {
    if (this.#stopped || this.#reported.has(event) || this.#reported.has('failed') || this.#reported.has('ended')) return
    this.#reported.add(event)
    this.#options.onEvent(event)
  }

  /** A guest that sends the same nonsense all day long must not fill the log; the first ones tell what it is. */
  #lost({ channel, messageType, detail }: SessionEvents['problem']): void {
    if (this.#stopped || this.#problems >= LOGGED_PROBLEMS) return
    this.#problems++
    const last = this.#problems === LOGGED_PROBLEMS ? '; further ones are not logged' : ''
    console.warn(`console: a message was lost: channel ${channel.type}:${channel.id}, message ${messageType}: ${detail.slice(0, PROBLEM_CHARS)}${last}`)
  }

  #notice(notice: ConsoleNotice): void {
    if (!this.#stopped) this.#options.onNotice?.(notice)
  }

  /** The guest's pixels are this screen's, whatever the zoom. */
  #resized(width: number, height: number): void {
    this.#lay()
    this.#session.setMonitors([{ width, height }])
  }
}

/** The engine that Bootstrap.consoleEngine calls `latchkey`. One console at a time. */
export class SpiceEngine extends MountedEngine<Mount> {
  readonly #makeWorker: () => WorkerLike

  constructor(make: () => WorkerLike = makeWorker) {
    super()
    this.#makeWorker = make
  }

  protected override mount(container: HTMLElement, options: ConsoleOptions): Mount {
    return new Mount(container, options, this.#makeWorker())
  }

  /** What the displays have done; for `probe`, the benchmark and diagnostics. */
  async stats(): Promise<readonly DisplayStats[]> {
    return (await this.mounted?.stats()) ?? []
  }

  rtt(): number | undefined {
    return this.mounted?.rtt
  }

  /** The guest's screen, exactly; null: there is none. */
  async screenshot(): Promise<Screenshot | null> {
    return (await this.mounted?.screenshot()) ?? null
  }
}
