// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { LinkId } from '../../../shared/view/ui-command.ts'
import type { WorkerLike } from '../../spice/display/proxy.ts'
import type { FromWorker, ToWorker } from '../../spice/display/protocol.ts'
import { ScriptedServer } from '../../spice/session/testkit-server.ts'
import { turns } from '../../spice/session/testkit.ts'
import { CursorFlags, LinkErr, MouseMode } from '../../spice/wire/enums.ts'
import { Channel, CursorMsg, InputsMsg, InputsMsgc, MainMsg, Msg } from '../../spice/wire/messages.ts'
import { Writer } from '../../spice/wire/writer.ts'
import type { ConsoleEvent, ConsoleNotice, ConsoleOptions } from '../port.ts'
import { SpiceEngine } from './engine.ts'

/** The app's side of a port, with a SPICE server behind it. */
class ServerPort {
  onmessage: ((e: { data: unknown }) => void) | null = null
  closed = false
  readonly server = new ScriptedServer()
  constructor() {
    this.server.stream.onBytes((b) => { this.onmessage?.({ data: b.slice().buffer }) })
  }
  postMessage(data: unknown): void {
    if (data instanceof ArrayBuffer) this.server.stream.send(new Uint8Array(data))
    else if ((data as { t: string }).t === 'close') this.closed = true
  }
  close(): void {
    this.onmessage = null
  }
  end(reason: string): void {
    this.onmessage?.({ data: { t: 'closed', reason } })
  }
}

class FakeWorker implements WorkerLike {
  readonly got: ToWorker[] = []
  onmessage: ((e: MessageEvent<FromWorker>) => void) | null = null
  onerror: ((e: ErrorEvent) => void) | null = null
  postMessage(message: ToWorker): void {
    this.got.push(message)
  }
  terminate(): void {
    return
  }
  say(message: FromWorker): void {
    this.onmessage?.({ data: message } as MessageEvent<FromWorker>)
  }
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')

const link = LinkId.parse('link-0001')
let container: HTMLElement
let engine: SpiceEngine
let worker: FakeWorker
let ports: Map<number, ServerPort>
let events: ConsoleEvent[]
let menus: number
let notices: ConsoleNotice[]
let settings: Partial<ConsoleOptions>

beforeEach(() => {
  vi.stubGlobal('ResizeObserver', class { observe(): void { return } disconnect(): void { return } })
  // Browsers have it; this DOM only for keys.
  Object.assign(MouseEvent.prototype, { getModifierState: (name: string) => name === 'CapsLock' })
  Object.assign(HTMLCanvasElement.prototype, { transferControlToOffscreen: () => ({}) })
  container = document.createElement('div')
  container.tabIndex = 0
  container.getBoundingClientRect = () => new DOMRect(0, 0, 200, 100)
  document.body.append(container)
  ports = new Map()
  events = []
  menus = 0
  notices = []
  settings = {}
  worker = new FakeWorker()
  engine = new SpiceEngine(() => worker)
})
afterEach(() => {
  engine.stop()
  document.body.replaceChildren()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

function start(open?: () => Promise<MessagePort>): void {
  engine.start(container, {
    link,
    openChannel: (type) => {
      const port = new ServerPort()
      ports.set(type, port)
      return open?.() ?? Promise.resolve(port as unknown as MessagePort)
    },
    onEvent: (e) => events.push(e),
    onMenuKey: () => menus++,
    onNotice: (n) => notices.push(n),
    ...settings,
  })
}

const server = (type: number): ScriptedServer => ports.get(type)!.server

/** Until the page shows the guest. */
async function connect(mode: number = MouseMode.CLIENT, more: readonly number[] = []): Promise<void> {
  start()
  await turns(40)
  server(Channel.MAIN).tell(MainMsg.INIT, new Writer(32).u32(7).u32(1).u32(3).u32(mode).u32(0).u32(0).u32(1000).u32(0))
  const listed = [Channel.DISPLAY, Channel.INPUTS, ...more]
  server(Channel.MAIN).tell(MainMsg.CHANNELS_LIST, listed.reduce((w, type) => w.u8(type).u8(0), new Writer(16).u32(listed.length)))
  await turns(40)
  const canvas = container.querySelector('canvas')!
  canvas.getBoundingClientRect = () => new DOMRect(0, 0, 200, 100)
  worker.say({ t: 'linked', id: 0 })
  worker.say({ t: 'view', id: 0, view: { x: 0, y: 0, width: 400, height: 200 } })
  worker.say({ t: 'firstFrame', id: 0 })
}

const key = (type: 'keydown' | 'keyup', code: string, more: KeyboardEventInit = {}): void => {
  window.document.body.dispatchEvent(new KeyboardEvent(type, { code, bubbles: true, cancelable: true, ...more }))
}
const pointer = (type: string, x: number, y: number, more: PointerEventInit = {}): void => {
  container.dispatchEvent(new PointerEvent(type, { clientX: x, clientY: y, isPrimary: true, bubbles: true, button: -1, ...more }))
}

describe('SpiceEngine', () => {
  test('the display’s port goes to the worker, and the guest’s first frame is told', async () => {
    await connect()
    expect(worker.got.map((m) => m.t)).toEqual(['canvas', 'channel'])
    expect(worker.got[1]).toMatchObject({ offer: { type: Channel.DISPLAY, id: 0, connectionId: 7 }, port: ports.get(Channel.DISPLAY) })
    expect(events).toEqual(['linked', 'firstFrame'])
  })

  test('keys, from the first frame on', async () => {
    start()
    await turns(40)
    key('keydown', 'KeyA')
    engine.stop()
    await connect()
    key('keydown', 'KeyA')
    key('keyup', 'KeyA')
    engine.sendCtrlAltDel()
    key('keydown', 'Home', { ctrlKey: true, altKey: true })
    const { said } = server(Channel.INPUTS)
    const keys = said.filter((m) => m.type === InputsMsgc.KEY_DOWN || m.type === InputsMsgc.KEY_UP).map((m) => `${m.type === InputsMsgc.KEY_DOWN ? '+' : '-'}${hex(m.body)}`)
    expect(keys).toEqual(['+1e000000', '-9e000000', '+1d000000', '+38000000', '+e0530000', '-e0d30000', '-b8000000', '-9d000000'])
    expect(menus).toBe(1)
  })

  test('the pointer where the guest takes positions', async () => {
    await connect()
    pointer('pointermove', 50, 25)
    window.dispatchEvent(new PointerEvent('pointerup', { clientX: 9, clientY: 9, isPrimary: true, button: 0, buttons: 0 }))
    pointer('pointerdown', 100, 50, { button: 0, buttons: 1 })
    window.dispatchEvent(new PointerEvent('pointerup', { clientX: 100, clientY: 50, isPrimary: true, button: 0, buttons: 0 }))
    const said = server(Channel.INPUTS).said.map((m) => `${m.type} ${hex(m.body)}`)
    expect(said).toEqual([
      // The window's own locks come with the first thing that the person does.
      `${InputsMsgc.KEY_MODIFIERS} 0400`,
      `${InputsMsgc.MOUSE_POSITION} 6400000032000000000000`,
      `${InputsMsgc.MOUSE_POSITION} c800000064000000000000`,
      `${InputsMsgc.MOUSE_PRESS} 010100`,
      `${InputsMsgc.MOUSE_POSITION} c800000064000000010000`,
      `${InputsMsgc.MOUSE_RELEASE} 010000`,
    ])
  })

  test('the pointer where it takes motion: locked by a click, which is none of the guest’s; Ctrl+Alt gives it back', async () => {
    await connect(MouseMode.SERVER)
    const lock = vi.fn(() => Promise.resolve())
    const exit = vi.fn()
    container.requestPointerLock = lock
    document.exitPointerLock = exit
    const locked = (element: Element | null): void => {
      Object.defineProperty(document, 'pointerLockElement', { value: element, configurable: true })
      document.dispatchEvent(new Event('pointerlockchange'))
    }
    pointer('pointermove', 50, 25, { movementX: 3, movementY: 4 })
    pointer('pointerdown', 50, 25, { button: 0, buttons: 1 })
    expect(lock).toHaveBeenCalledOnce()
    locked(container)
    window.dispatchEvent(new PointerEvent('pointerup', { isPrimary: true, button: 0, buttons: 0 }))
    expect(server(Channel.INPUTS).said.filter((m) => m.type !== InputsMsgc.KEY_MODIFIERS)).toEqual([])
    pointer('pointermove', 50, 25, { movementX: 3, movementY: 4 })
    pointer('pointerdown', 50, 25, { button: 0, buttons: 1 })
    const motion = server(Channel.INPUTS).bodies(InputsMsgc.MOUSE_MOTION)
    expect(motion.map((b) => hex(b))).toEqual(['06000000080000000000'])
    expect(server(Channel.INPUTS).bodies(InputsMsgc.MOUSE_PRESS).map((b) => hex(b))).toEqual(['010100'])
    for (const code of ['ControlLeft', 'AltLeft']) key('keydown', code, { ctrlKey: true })
    expect(exit).not.toHaveBeenCalled()
    key('keyup', 'AltLeft')
    expect(exit).toHaveBeenCalledOnce()
    locked(null)
    expect(server(Channel.INPUTS).bodies(InputsMsgc.MOUSE_RELEASE).map((b) => hex(b)), 'a drag ends with the lock').toEqual(['010000'])
    expect(notices.filter((n) => n.kind === 'pointer').map((n) => n.hold)).toEqual(['unlocked', 'locked', 'unlocked'])
    // Our own controls, the menu key and the end give it back as well.
    locked(container)
    key('keydown', 'Home', { ctrlKey: true, altKey: true })
    const button = document.body.appendChild(document.createElement('button'))
    button.dispatchEvent(new FocusEvent('focusin', { bubbles: true }))
    engine.stop()
    expect([exit.mock.calls.length, menus]).toEqual([4, 1])
    Reflect.deleteProperty(document, 'pointerLockElement')
  })

  test('a lock that is refused leaves a pointer that works over the picture', async () => {
    await connect(MouseMode.SERVER)
    container.requestPointerLock = () => Promise.reject(new DOMException('no', 'NotAllowedError'))
    pointer('pointerdown', 50, 25, { button: 0, buttons: 1 })
    await turns()
    pointer('pointermove', 50, 25, { movementX: -1, movementY: 0 })
    pointer('pointerdown', 50, 25, { button: 0, buttons: 1 })
    expect(server(Channel.INPUTS).bodies(InputsMsgc.MOUSE_MOTION).map((b) => hex(b))).toEqual(['feffffff000000000000'])
    expect(server(Channel.INPUTS).bodies(InputsMsgc.MOUSE_PRESS)).toHaveLength(1)
    expect(notices.filter((n) => n.kind === 'pointer').map((n) => n.hold)).toEqual(['unlocked', 'refused'])
    // The guest's agent comes: positions again.
    server(Channel.MAIN).tell(MainMsg.MOUSE_MODE, new Writer(4).u16(3).u16(MouseMode.CLIENT))
    await turns()
    expect(notices.at(-1)).toEqual({ kind: 'pointer', hold: 'free' })
  })

  test('what the person should know is told: lamps, a too long text, another host, a goodbye', async () => {
    await connect()
    notices.length = 0
    server(Channel.INPUTS).tell(InputsMsg.KEY_MODIFIERS, new Writer(2).u16(5))
    server(Channel.MAIN).tell(Msg.MIGRATE, new Writer(4).u32(0))
    server(Channel.MAIN).tell(Msg.DISCONNECTING, new Writer(12).u64(0n).u32(LinkErr.ERROR))
    ports.get(Channel.MAIN)!.end('lost')
    await turns()
    expect(notices).toEqual([
      { kind: 'locks', caps: true, num: false, scroll: true },
      { kind: 'migration', step: 'announced' },
      { kind: 'goodbye', reason: 'ERROR' },
    ])
    expect(events.at(-1)).toBe('failed')
  })

  test('a lost message is told to the log, but not without end', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    await connect(MouseMode.CLIENT, [Channel.CURSOR])
    // A shape out of a cache that is empty: flags FROM_CACHE and the header of a pointer.
    const unknown = new Writer(24).u16(0).u16(0).u8(1).u16(CursorFlags.FROM_CACHE).u64(5n).u8(0).u16(2).u16(2).u16(0).u16(0)
    server(Channel.CURSOR).tell(CursorMsg.SET, unknown)
    await turns()
    expect(warn.mock.calls).toEqual([[`console: a message was lost: channel ${Channel.CURSOR}:0, message ${CursorMsg.SET}: WireError: cursor 5 is not in the cache`]])
    for (let i = 0; i < 30; i++) server(Channel.CURSOR).tell(CursorMsg.SET, unknown)
    await turns()
    expect(warn).toHaveBeenCalledTimes(20)
    expect(warn.mock.lastCall?.[0]).toContain('further ones are not logged')
    server(Channel.CURSOR).tell(CursorMsg.HIDE, new Writer(0))
    await turns()
    expect(container.style.cursor, 'the channel goes on').toBe('none')
  })

  test('the round trip is known once the link has measured it', async () => {
    expect(engine.rtt()).toBeUndefined()
    await connect()
    expect(engine.rtt()).toBeGreaterThanOrEqual(0)
  })

  test.each([[undefined, true], [true, true], [false, false]])('sound %s: its channel is opened: %s', async (sound, opened) => {
    settings = sound === undefined ? {} : { sound }
    await connect(MouseMode.CLIENT, [Channel.PLAYBACK])
    expect(ports.has(Channel.PLAYBACK)).toBe(opened)
  })

  test('stop leaves nothing behind', async () => {
    await connect()
    engine.stop()
    engine.stop()
    expect([...ports.entries()].filter(([type]) => type !== Channel.DISPLAY).map(([, p]) => p.closed)).toEqual([true, true])
    expect(worker.got.map((m) => m.t).slice(2)).toEqual(['close', 'end'])
    expect([container.childElementCount, container.style.cursor, worker.onmessage]).toEqual([0, '', null])
    expect(events).toEqual(['linked', 'firstFrame'])
  })
})

describe('ends', () => {
  test.each([
    ['ended', 'ended'],
    ['shutdown', 'ended'],
    ['lost', 'failed'],
    ['ticket-refused', 'failed'],
  ])('main channel %s: %s', async (reason, event) => {
    await connect()
    ports.get(Channel.MAIN)!.end(reason)
    await turns()
    expect(events).toEqual(['linked', 'firstFrame', event])
  })

  test('a main channel that cannot be opened, or ends before it is linked', async () => {
    start(() => Promise.reject(new Error('no')))
    await turns(40)
    expect(events).toEqual(['failed'])
    events = []
    start()
    await turns(40)
    ports.get(Channel.MAIN)!.end('ended')
    await turns(40)
    expect(events).toEqual(['failed'])
  })

  test('a display worker that fails', async () => {
    await connect()
    worker.onerror?.({ message: 'boom' } as ErrorEvent)
    await turns()
    expect(events.at(-1)).toBe('failed')
  })
})
