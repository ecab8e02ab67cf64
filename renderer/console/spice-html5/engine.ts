// Why: the console port on the unmodified package @spice-project/spice-html5 0.2.1 (LGPL), which only this folder
// imports. Its weak places are covered from outside: keyboard and mouse are ours, a message that it cannot handle
// costs that message and not the channel, and stopping closes every channel it ever opened.
import { SpiceMainConn, type SpiceConnection, type SpiceDisplay } from '@spice-project/spice-html5/src/main.js'
import { SpiceMiniData } from '@spice-project/spice-html5/src/spicemsg.js'
import type { CloseReason } from '../../../shared/ipc/port-protocol.ts'
import { Keyboard } from '../keyboard.ts'
import { Mouse } from '../mouse.ts'
import { MountedEngine } from '../mounted-engine.ts'
import type { ConsoleEvent, ConsoleOptions } from '../port.ts'
import { registerHost, type ByteSocket, type SocketHost } from './byte-socket.ts'
import { watchFirstPaint } from './first-frame.ts'
import { buttonBody, INPUTS, keyBody, locksBody, motionBody, positionBody, type Body } from './input-messages.ts'

const MAIN = 1
const DISPLAY = 2
const INPUTS_CHANNEL = 3
const CURSOR = 4
/** What this engine opens. Sound, USB, ports and the rest would only occupy connections. */
const wanted: ReadonlySet<number> = new Set([MAIN, DISPLAY, INPUTS_CHANNEL, CURSOR])
/** Without these three there is no console. */
const vital: ReadonlySet<number> = new Set([MAIN, DISPLAY, INPUTS_CHANNEL])

const CLIENT_MOUSE = 2
/** Unacknowledged pointer messages under way: twice SPICE's acknowledgement bunch of 4. */
const MAX_MOTIONS = 8
/** The ticket is spliced in by the main process; this is what the package encrypts instead. */
const DUMMY_PASSWORD = 'none'
/** Quiet time after a window resize before the guest is asked for a new size, ms. */
const RESIZE_QUIET_MS = 300

let mounts = 0

class Mount implements SocketHost {
  readonly #container: HTMLElement
  readonly #options: ConsoleOptions
  readonly #sockets = new Set<ByteSocket>()
  readonly #reported = new Set<ConsoleEvent>()
  readonly keyboard: Keyboard
  readonly #mouse: Mouse
  readonly #unregister: () => void
  readonly #main: SpiceMainConn
  readonly #observer: ResizeObserver
  #resizeTimer: ReturnType<typeof setTimeout> | undefined
  #last: { x: number; y: number } | undefined
  #stopWatching: (() => void) | undefined
  #stopped = false

  constructor(container: HTMLElement, options: ConsoleOptions) {
    this.#container = container
    this.#options = options
    const id = `console-${String(++mounts)}`
    container.id = id
    this.#unregister = registerHost(id, this)
    this.keyboard = new Keyboard(container, {
      key: (code, pressed) => { this.#send(pressed ? INPUTS.KEY_DOWN : INPUTS.KEY_UP, keyBody(code)) },
      locks: (bits) => {
        if (this.#main.inputs?.keyboard_modifiers !== bits) this.#send(INPUTS.KEY_MODIFIERS, locksBody(bits))
      },
      menuKey: () => { options.onMenuKey() },
    })
    this.#mouse = new Mouse(container, () => this.#canvas(), {
      position: (x, y, buttons) => this.#position(x, y, buttons),
      button: (button, pressed, buttons) => {
        this.#send(pressed ? INPUTS.MOUSE_PRESS : INPUTS.MOUSE_RELEASE, buttonBody(button, buttons))
      },
    })
    this.#main = new SpiceMainConn({
      uri: id,
      password: DUMMY_PASSWORD,
      screen_id: id,
      onerror: () => { this.#report(this.#reported.has('linked') ? 'ended' : 'failed') },
      onsuccess: () => { this.#report('linked') },
      onagent: () => { this.#resizeSoon() },
    })
    this.#observer = new ResizeObserver(() => { this.#resizeSoon() })
    this.#observer.observe(container)
  }

  /** SocketHost: called in the turn after the package has made its connection object. */
  open(socket: ByteSocket): Promise<MessagePort | undefined> {
    const conn = socket.parent as SpiceConnection
    // Without a handler the package throws its errors into the void.
    conn.onerror = () => { if (vital.has(conn.type)) this.#report(this.#reported.has('linked') ? 'ended' : 'failed') }
    if (this.#stopped || !wanted.has(conn.type)) {
      conn.cleanup()
      return Promise.resolve(undefined)
    }
    this.#sockets.add(socket)
    this.#guard(conn)
    return this.#options.openChannel(conn.type, conn.chan_id)
  }

  /** SocketHost */
  closed(socket: ByteSocket, reason: CloseReason | 'broken'): void {
    this.#sockets.delete(socket)
    if (this.#stopped || reason === 'closed-by-page') return
    const conn = socket.parent as SpiceConnection
    if (!vital.has(conn.type)) return
    const orderly = reason === 'ended' || reason === 'shutdown'
    this.#report(orderly && this.#reported.has('linked') ? 'ended' : 'failed')
  }

  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.keyboard.stop()
    this.#mouse.stop()
    this.#observer.disconnect()
    clearTimeout(this.#resizeTimer)
    this.#stopWatching?.()
    try {
      this.#main.stop()
    } catch {
      // It trips over surfaces that are gone; what matters is closed below.
    }
    // Its stop() forgets the cursor channel when there is sound, and the ports: close what is left ourselves.
    for (const socket of [...this.#sockets]) socket.close()
    this.#sockets.clear()
    this.#unregister()
    this.#container.replaceChildren()
    this.#container.style.removeProperty('cursor')
    this.#container.style.removeProperty('height')
    this.#container.removeAttribute('id')
  }

  /** An exception in one message loses that message; the package would otherwise lose its place in the stream. */
  #guard(conn: SpiceConnection): void {
    const original = conn.process_channel_message.bind(conn)
    if (conn.type === DISPLAY) {
      const display = conn as SpiceDisplay
      // It reads both before anything creates them: the first JPEG and the first cache flush would throw.
      display.streams ??= []
      display.cache ??= {}
    }
    conn.process_channel_message = (msg) => {
      try {
        return original(msg)
      } catch {
        return true
      } finally {
        if (conn.type === DISPLAY) this.#watch(conn as SpiceDisplay)
      }
    }
  }

  #watch(display: SpiceDisplay): void {
    if (this.#stopWatching !== undefined || display.primary_surface === undefined) return
    const surface = display.surfaces?.[display.primary_surface]
    if (surface === undefined) return
    this.#stopWatching = watchFirstPaint(surface.canvas.context, () => { this.#painted() })
  }

  /** Only now: before it, keys belong to the "connecting" screen, whose Escape must work. */
  #painted(): void {
    if (this.#stopped) return
    this.keyboard.start()
    this.#mouse.start()
    this.#report('firstFrame')
  }

  #report(event: ConsoleEvent): void {
    if (this.#stopped || this.#reported.has(event) || this.#reported.has('failed') || this.#reported.has('ended')) return
    this.#reported.add(event)
    this.#options.onEvent(event)
  }

  #canvas(): HTMLCanvasElement | undefined {
    const display = this.#main.display
    return display?.primary_surface === undefined ? undefined : display.surfaces?.[display.primary_surface]?.canvas
  }

  /** False when the server has not caught up: the caller keeps the newest position and asks again. */
  #position(x: number, y: number, buttons: number): boolean {
    const inputs = this.#main.inputs
    if (inputs?.state !== 'ready') return true
    if (inputs.waiting_for_ack >= MAX_MOTIONS) return false
    if (inputs.mouse_mode === CLIENT_MOUSE) {
      this.#send(INPUTS.MOUSE_POSITION, positionBody(x, y, buttons))
    } else {
      const from = this.#last ?? { x, y }
      this.#send(INPUTS.MOUSE_MOTION, motionBody(x - from.x, y - from.y, buttons))
    }
    this.#last = { x, y }
    inputs.waiting_for_ack += 1
    return true
  }

  #send(type: number, body: Body): void {
    const inputs = this.#main.inputs
    if (inputs?.state !== 'ready') return
    const msg = new SpiceMiniData()
    msg.build_msg(type, body)
    inputs.send_msg(msg)
  }

  /** With the guest's display agent: ask for a screen of the window's size. Xorg wants multiples of 8. */
  #resizeSoon(): void {
    clearTimeout(this.#resizeTimer)
    this.#resizeTimer = setTimeout(() => {
      const even = (length: number): number => Math.max(Math.floor(length / 8) * 8, 64)
      if (this.#stopped || this.#main.agent_connected !== true) return
      this.#main.resize_window(0, even(this.#container.clientWidth), even(this.#container.clientHeight), 32, 0, 0)
    }, RESIZE_QUIET_MS)
  }
}

/** The engine that Bootstrap.consoleEngine calls `spice-html5`. One console at a time. */
export class SpiceHtml5Engine extends MountedEngine<Mount> {
  protected override mount(container: HTMLElement, options: ConsoleOptions): Mount {
    return new Mount(container, options)
  }
}
