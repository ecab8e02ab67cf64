import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MouseButton, MouseMode } from '../wire/enums.ts'
import { InputsMsg, InputsMsgc, MOTION_ACK_BUNCH } from '../wire/messages.ts'
import { Reader, WireError } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { Inputs, wheelNotches } from './inputs.ts'
import { MAX_IN_FLIGHT } from './pointer.ts'
import { ManualClock } from './testkit.ts'

/** The server's side: what it was told, in order, with the acknowledgements it owes. */
class Server {
  readonly clock = new ManualClock()
  readonly log: string[] = []
  readonly locks: number[] = []
  readonly rtts: number[] = []
  readonly inputs: Inputs
  x = 0
  y = 0
  pointerMessages = 0
  acked = 0

  constructor(mode: number = MouseMode.SERVER, attach = true) {
    this.inputs = new Inputs(() => this.clock.now(), { locks: (b) => { this.locks.push(b) }, rtt: (ms) => { this.rtts.push(ms) } })
    this.inputs.mouseMode = mode
    if (attach) this.attach()
  }
  attach(): void {
    this.inputs.attach((type, body) => {
      const r = new Reader(body)
      if (type === InputsMsgc.KEY_DOWN) this.log.push(`down ${r.u32().toString(16)}`)
      else if (type === InputsMsgc.KEY_UP) this.log.push(`up ${r.u32().toString(16)}`)
      else if (type === InputsMsgc.KEY_MODIFIERS) this.log.push(`locks ${r.u16()}`)
      else if (type === InputsMsgc.MOUSE_PRESS) this.log.push(`press ${r.u8()} ${r.u16()}`)
      else if (type === InputsMsgc.MOUSE_RELEASE) this.log.push(`release ${r.u8()} ${r.u16()}`)
      else {
        this.pointerMessages++
        if (type === InputsMsgc.MOUSE_MOTION) {
          this.x += r.i32()
          this.y += r.i32()
          this.log.push(`motion ${this.x},${this.y} ${r.u16()}`)
        } else {
          expect(type).toBe(InputsMsgc.MOUSE_POSITION)
          this.x = r.u32()
          this.y = r.u32()
          this.log.push(`position ${this.x},${this.y} ${r.u16()} ${r.u8()}`)
        }
      }
      expect(r.left).toBe(0)
      return true
    })
  }
  say(type: number, body: Writer = new Writer()): void {
    this.inputs.message(type, new Reader(body.finish()))
  }
  /** Pays one acknowledgement if it is due. */
  ack(): boolean {
    if (this.pointerMessages - this.acked < MOTION_ACK_BUNCH) return false
    this.acked += MOTION_ACK_BUNCH
    this.say(InputsMsg.MOUSE_MOTION_ACK)
    return true
  }
}

describe('keys', () => {
  test('go as scancodes, repeat while held, and are released once', () => {
    const s = new Server()
    expect(s.inputs.keyDown('KeyA')).toBe(true)
    s.inputs.keyDown('KeyA')
    s.inputs.keyUp('KeyA')
    s.inputs.keyUp('KeyA')
    s.inputs.keyDown('Pause')
    s.inputs.keyUp('Pause')
    expect(s.inputs.keyDown('Fn')).toBe(false)
    expect(s.log).toEqual(['down 1e', 'down 1e', 'up 9e', 'down 451de1', 'up c59de1'])
  })

  test('all are released in reverse when the window loses the focus, buttons too', () => {
    const s = new Server()
    for (const code of ['ControlLeft', 'AltRight', 'KeyQ']) s.inputs.keyDown(code)
    s.inputs.button(MouseButton.LEFT, true)
    s.inputs.button(MouseButton.EXTRA, true)
    s.log.length = 0
    s.inputs.releaseAll()
    s.inputs.releaseAll()
    expect(s.log).toEqual(['up 90', 'up b8e0', 'up 9d', 'release 1 64', 'release 7 0'])
    expect(s.inputs.buttons).toBe(0)
  })

  test('a chord leaves what is held alone', () => {
    const s = new Server()
    s.inputs.keyDown('ControlLeft')
    s.inputs.sendKeys(['ControlLeft', 'AltLeft', 'Delete', 'Nonsense', 'Delete'])
    expect(s.log).toEqual(['down 1d', 'down 38', 'down 53e0', 'up d3e0', 'up b8'])
    expect(s.inputs.isDown('ControlLeft')).toBe(true)
  })

  test('every press has exactly one release, whatever happens', () => {
    const codes = ['KeyA', 'ShiftLeft', 'AltRight', 'Pause', 'Nonsense']
    const step = fc.oneof(fc.record({ kind: fc.constantFrom('down', 'up'), code: fc.constantFrom(...codes) }), fc.record({ kind: fc.constantFrom('blur', 'chord'), code: fc.constantFrom(...codes) }))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const s = new Server()
        for (const { kind, code } of steps) {
          if (kind === 'down') s.inputs.keyDown(code)
          else if (kind === 'up') s.inputs.keyUp(code)
          else if (kind === 'blur') s.inputs.releaseAll()
          else s.inputs.sendKeys([code, 'ControlLeft'])
        }
        s.inputs.releaseAll()
        const down = new Set<string>()
        for (const line of s.log) {
          const [what, scan = ''] = line.split(' ')
          // A release carries its press's code with bit 7 set in each byte that is no prefix.
          const key = what === 'down' ? scan : Array.from({ length: 3 }, (_, i) => (Number.parseInt(scan, 16) >>> (8 * i)) & 0xff).map((b) => (b === 0xe0 || b === 0xe1 ? b : b & 0x7f)).reduce((n, b, i) => n | (b << (8 * i)), 0).toString(16)
          if (what === 'down') down.add(key)
          else expect(down.delete(key)).toBe(true)
        }
        expect(down.size).toBe(0)
      }),
    )
  })

  test('nothing is held over from one channel to the next', () => {
    const s = new Server()
    s.inputs.keyDown('KeyA')
    s.inputs.button(MouseButton.LEFT, true)
    s.inputs.attach(undefined)
    expect(s.inputs.ready).toBe(false)
    s.inputs.keyDown('KeyB')
    s.inputs.motion(5, 5)
    s.log.length = 0
    s.attach()
    s.inputs.releaseAll()
    s.inputs.motion(1, 1)
    expect(s.log).toEqual(['motion 1,1 0'])
  })
})

describe('locks', () => {
  test('are told by the guest and set in the guest where they differ', () => {
    const s = new Server()
    s.inputs.syncLocks(2)
    s.say(InputsMsg.INIT, new Writer().u16(2))
    s.inputs.syncLocks(2)
    s.inputs.syncLocks(0xff04)
    s.say(InputsMsg.KEY_MODIFIERS, new Writer().u16(4))
    s.inputs.syncLocks(4)
    expect(s.log).toEqual(['locks 2', 'locks 4'])
    expect(s.locks).toEqual([2, 4])
    expect(s.inputs.locks).toBe(4)
  })
})

describe('pointer', () => {
  test('motion loses no distance, however slowly the server answers', () => {
    const part = fc.double({ min: -30, max: 30, noNaN: true })
    fc.assert(
      fc.property(fc.array(fc.record({ dx: part, dy: part, ack: fc.boolean() }), { maxLength: 200, size: 'max' }), (steps) => {
        const s = new Server()
        let [x, y] = [0, 0]
        for (const { dx, dy, ack } of steps) {
          x += dx
          y += dy
          s.inputs.motion(dx, dy)
          expect(s.pointerMessages - s.acked).toBeLessThanOrEqual(MAX_IN_FLIGHT)
          if (ack) s.ack()
        }
        while (s.ack());
        // Less than a pixel is kept for the next motion.
        expect(Math.abs(s.x - x)).toBeLessThan(1 + 1e-6)
        expect(Math.abs(s.y - y)).toBeLessThan(1 + 1e-6)
      }),
    )
  })

  test('of positions the last one arrives', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ x: fc.nat({ max: 5000 }), y: fc.nat({ max: 5000 }), ack: fc.boolean() }), { minLength: 1, maxLength: 100, size: 'max' }), (steps) => {
        const s = new Server(MouseMode.CLIENT)
        for (const { x, y, ack } of steps) {
          s.inputs.position(x, y)
          expect(s.pointerMessages - s.acked).toBeLessThanOrEqual(MAX_IN_FLIGHT)
          if (ack) s.ack()
        }
        while (s.ack());
        expect([s.x, s.y]).toEqual([steps.at(-1)?.x, steps.at(-1)?.y])
      }),
    )
  })

  test('a button and a key meet the pointer where the person saw it', () => {
    const s = new Server(MouseMode.CLIENT)
    for (let i = 0; i < 20; i++) s.inputs.position(i, i, 1)
    s.log.length = 0
    s.inputs.button(MouseButton.RIGHT, true)
    s.inputs.position(50, 50)
    s.inputs.keyDown('KeyA')
    expect(s.log).toEqual(['position 19,19 0 1', 'press 3 4', 'position 50,50 4 0', 'down 1e'])
  })

  test('each mode has its own messages; a change forgets what was held back', () => {
    const s = new Server(MouseMode.SERVER)
    expect(s.inputs.position(1, 1)).toBe(false)
    for (let i = 0; i < 20; i++) s.inputs.motion(1, 0)
    s.inputs.mouseMode = MouseMode.CLIENT
    expect(s.inputs.motion(1, 1)).toBe(false)
    s.log.length = 0
    s.ack()
    s.ack()
    expect(s.log).toEqual([])
    expect(s.inputs.position(-5, Number.NaN)).toBe(true)
    expect(s.log).toEqual(['position 0,0 0 0'])
  })

  test('five buttons, each with its mask; one that is down is not pressed again', () => {
    const s = new Server()
    const all = [MouseButton.LEFT, MouseButton.MIDDLE, MouseButton.RIGHT, MouseButton.SIDE, MouseButton.EXTRA]
    for (const b of all) s.inputs.button(b, true)
    s.inputs.button(MouseButton.LEFT, true)
    s.inputs.button(MouseButton.UP, true)
    s.inputs.button(99, true)
    s.inputs.button(MouseButton.MIDDLE, false)
    expect(s.log).toEqual(['press 1 1', 'press 2 3', 'press 3 7', 'press 6 39', 'press 7 103', 'release 2 101'])
  })

  test('parts of a notch add up, a wild wheel is held', () => {
    const s = new Server()
    for (let i = 0; i < 10; i++) s.inputs.wheel(wheelNotches(25, 0))
    expect(s.log).toEqual(['press 5 0', 'release 5 0', 'press 5 0', 'release 5 0'])
    s.log.length = 0
    s.inputs.wheel(-0.5)
    s.log.length = 0
    for (const part of [0.9, -1, 0.9, 0.1]) s.inputs.wheel(part)
    expect(s.log, 'what was left of one way is not owed the other').toEqual(['press 4 0', 'release 4 0', 'press 5 0', 'release 5 0'])
    s.log.length = 0
    s.inputs.wheel(-1e9)
    expect(s.log.filter((l) => l.startsWith('press 4')).length).toBe(8)
    expect([wheelNotches(3, 1), wheelNotches(1, 2), wheelNotches(-100, 0)]).toEqual([1, 1, -1])
  })

  test('the answer to a bunch is a measured round trip', () => {
    const s = new Server()
    for (let i = 0; i < 4; i++) s.inputs.motion(1, 1)
    s.clock.advance(30)
    for (let i = 0; i < 4; i++) s.inputs.motion(1, 1)
    s.clock.advance(10)
    s.ack()
    s.clock.advance(5)
    s.ack()
    expect(s.rtts).toEqual([40, 15])
    s.say(InputsMsg.MOUSE_MOTION_ACK)
    expect(s.rtts.length).toBe(2)
  })

  test('what no inputs channel says is an error', () => {
    const s = new Server()
    expect(() => { s.say(150) }).toThrow(WireError)
    expect(() => { s.say(InputsMsg.INIT) }).toThrow(WireError)
  })
})
