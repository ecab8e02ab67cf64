// Why: the console port on the engine of this repository: the session lives in the page, pixels live in a worker, and
// what the person does goes to the guest in order.
import type { CursorState } from '../../spice/session/cursor.ts'
import { MouseMode } from '../../spice/wire/enums.ts'
import { DisplayProxy, type WorkerLike } from '../../spice/display/proxy.ts'
import type { DisplayStats, Screenshot, View } from '../../spice/display/protocol.ts'
import { SpiceSession } from '../../spice/session/session.ts'
import { isOrderly } from '../../spice/session/main-channel.ts'
import { scancodes, wireCode } from '../../spice/session/scancodes.ts'
import type { SessionEnd } from '../../spice/session/session-events.ts'
import { Keyboard } from '../keyboard.ts'
import { MountedEngine } from '../mounted-engine.ts'
import type { ConsoleEvent, ConsoleOptions } from '../port.ts'
import { GuestCursor } from './guest-cursor.ts'
import { makeWorker } from './make-worker.ts'
import { PagePointer } from './pointer.ts'
import { portChannel } from './port-channel.ts'
import { soundSink } from './sound.ts'

/** The display of the console; further ones are kept up but not shown. */
const SHOWN = 0
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
  readonly #observer: ResizeObserver
  readonly #reported = new Set<ConsoleEvent>()
  #view: View | null = null
  #relative = true
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
    this.#session = new SpiceSession({ openChannel, display: this.#proxy, audio: soundSink(openChannel, (delay) => { this.#proxy.sound(delay) }) })
    const { inputs } = this.#session
    this.keyboard = new Keyboard(container, {
      key: (wire, pressed) => {
        const code = codes.get(wire)
        if (code === undefined) return
        if (pressed) inputs.keyDown(code)
        else inputs.keyUp(code)
      },
      locks: (bits) => { inputs.syncLocks(bits) },
      menuKey: () => { options.onMenuKey() },
    })
    this.#pointer = new PagePointer({ container, canvas: this.#canvas, inputs, view: () => this.#view ?? undefined, relative: () => this.#relative })
    this.#observer = new ResizeObserver(() => { this.#resized() })
    this.#observer.observe(container)
    this.#listen()
  }

  #listen(): void {
    const session = this.#session
    session.on('linked', () => { this.#report('linked') })
    session.on('closed', (end) => { this.#report(endedWell(end) && this.#reported.has('linked') ? 'ended' : 'failed') })
    session.on('mouseMode', ({ current }) => {
      this.#relative = current !== MouseMode.CLIENT
      if (!this.#relative && document.pointerLockElement === this.#container) document.exitPointerLock()
      this.#cursor.place(this.#relative, this.#view)
    })
    session.on('cursor', (state: CursorState & { readonly channelId: number }) => { if (state.channelId === SHOWN) this.#cursor.show(state) })
  }

  stats(): Promise<readonly DisplayStats[]> {
    return this.#proxy.stats()
  }
  screenshot(): Promise<Screenshot | null> {
    return this.#proxy.screenshot(SHOWN)
  }

  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.keyboard.stop()
    this.#pointer.stop()
    this.#observer.disconnect()
    this.#session.close()
    this.#proxy.close()
    this.#cursor.remove()
    this.#container.replaceChildren()
  }

  #looks(view: View | null): void {
    this.#view = view
    this.#cursor.place(this.#relative, view)
  }

  /** Only now: before it, keys belong to the "connecting" screen, whose Escape must work. */
  #painted(): void {
    if (this.#stopped || this.#reported.has('firstFrame')) return
    this.keyboard.start()
    this.#pointer.start()
    this.#report('firstFrame')
  }

  #report(event: ConsoleEvent): void {
    if (this.#stopped || this.#reported.has(event) || this.#reported.has('failed') || this.#reported.has('ended')) return
    this.#reported.add(event)
    this.#options.onEvent(event)
  }

  /** The guest's pixels are this screen's, whatever the zoom. */
  #resized(): void {
    const { clientWidth, clientHeight } = this.#container
    this.#cursor.place(this.#relative, this.#view)
    if (clientWidth === 0 || clientHeight === 0) return
    this.#session.setMonitors([{ width: clientWidth * devicePixelRatio, height: clientHeight * devicePixelRatio }])
  }
}

/** The engine that Bootstrap.consoleEngine will call `latchkey`. One console at a time. */
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

  /** The guest's screen, exactly; null: there is none. */
  async screenshot(): Promise<Screenshot | null> {
    return (await this.mounted?.screenshot()) ?? null
  }
}
