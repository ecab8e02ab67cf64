import { afterEach, describe, expect, test } from 'vitest'
import { DesktopScreen } from './desktop-screen.ts'
import { scancodesFor } from './keyboard.ts'
import { inputsMsg, inputsMsgc } from './protocol.ts'
import type { InputEvent, Screen } from './screen.ts'
import { SignInScreen } from './sign-in-screen.ts'
import { SpiceServer } from './server.ts'
import { link, openMain, settle, StillClock, type TestClient } from './testkit.ts'
import { Writer } from './wire.ts'

const servers: SpiceServer[] = []
afterEach(() => {
  for (const s of servers.splice(0)) s.reset()
})

async function open(screen: Screen): Promise<{ server: SpiceServer; inputs: TestClient; events: InputEvent[] }> {
  const server = new SpiceServer({ screen, ticket: () => ({ kind: 'none' }), clock: new StillClock() })
  servers.push(server)
  const events: InputEvent[] = []
  server.onInput((e) => void events.push(e))
  const { sessionId } = await openMain(server)
  const { client } = await link(server, { channel: 'inputs', connectionId: sessionId })
  await client.until(inputsMsg.init)
  return { server, inputs: client, events }
}

const key = (inputs: TestClient, down: boolean, code: number) => inputs.send(down ? inputsMsgc.keyDown : inputsMsgc.keyUp, new Writer().u32(down ? code : code | 0x80).finish())
function type(inputs: TestClient, text: string): void {
  for (const { code, shift } of scancodesFor(text)) {
    if (shift) key(inputs, true, 0x2a)
    key(inputs, true, code)
    key(inputs, false, code)
    if (shift) key(inputs, false, 0x2a)
  }
}
const press = (inputs: TestClient, button: number) => {
  inputs.send(inputsMsgc.mousePress, new Writer().u8(button).u16(1).finish())
  inputs.send(inputsMsgc.mouseRelease, new Writer().u8(button).u16(0).finish())
}
const move = (inputs: TestClient, x: number, y: number) => inputs.send(inputsMsgc.mousePosition, new Writer().u32(x).u32(y).u16(0).u8(0).finish())

describe('inputs', () => {
  test('typing arrives as text, with Shift, Caps Lock and Backspace', async () => {
    const screen = new DesktopScreen({ user: 'Ada', host: 'vm' })
    const { inputs } = await open(screen)
    type(inputs, 'Hello, World! {}|~')
    key(inputs, true, 0x0e)
    key(inputs, true, 0x3a)
    type(inputs, 'ab1')
    key(inputs, true, 0x1c)
    await settle()
    expect(screen.text).toBe('Hello, World! {}|AB1\n')
  })

  test('Caps Lock pressed at the client lights the lamp there', async () => {
    const { inputs } = await open(new DesktopScreen({ user: 'Ada', host: 'vm' }))
    key(inputs, true, 0x3a)
    expect((await inputs.until(inputsMsg.keyModifiers)).body.readUInt16LE(0)).toBe(2 | 4)
    inputs.send(inputsMsgc.keyModifiers, new Writer().u16(1).finish())
    expect((await inputs.until(inputsMsg.keyModifiers)).body.readUInt16LE(0)).toBe(1)
  })

  test('another screen inherits the locks and a pointer that is on it', async () => {
    const { server, inputs, events } = await open(new SignInScreen({ host: 'vm' }))
    key(inputs, true, 0x3a)
    move(inputs, 1000, 700)
    await settle()
    const desktop = new DesktopScreen({ user: 'Ada', host: 'vm', width: 640, height: 480 })
    server.setScreen(desktop)
    type(inputs, 'ab')
    press(inputs, 2)
    await settle()
    expect(desktop.text).toBe('AB')
    expect(events.at(-1)).toEqual({ kind: 'pointer', x: 639, y: 479, buttons: 0 })
  })

  test('extended keys and both forms of scancode messages are told apart', async () => {
    const { inputs, events } = await open(new DesktopScreen({ user: 'Ada', host: 'vm' }))
    inputs.send(inputsMsgc.keyDown, Buffer.from([0xe0, 0x53, 0, 0]))
    inputs.send(inputsMsgc.keyUp, Buffer.from([0xe0, 0xd3, 0, 0]))
    inputs.send(inputsMsgc.keyScancode, Buffer.from([0x1d, 0xe0]))
    inputs.send(inputsMsgc.keyScancode, Buffer.from([0x48]))
    await settle()
    expect(events).toEqual([
      { kind: 'key', down: true, code: 0x53, extended: true },
      { kind: 'key', down: false, code: 0x53, extended: true },
      { kind: 'key', down: true, code: 0x1d, extended: false },
      { kind: 'key', down: true, code: 0x48, extended: true },
    ])
  })

  test('motion is acknowledged in fours, and the pointer stays on the screen', async () => {
    const { inputs, events } = await open(new DesktopScreen({ user: 'Ada', host: 'vm', width: 400, height: 300 }))
    for (const [x, y] of [[10, 10], [20, 20], [30, 30]] as const) move(inputs, x, y)
    await settle()
    expect(inputs.wire.buffered).toBe(0)
    move(inputs, 0xffffffff, 5000)
    expect((await inputs.next()).type).toBe(inputsMsg.mouseMotionAck)
    expect(events.at(-1)).toEqual({ kind: 'pointer', x: 399, y: 299, buttons: 0 })
    inputs.send(inputsMsgc.mouseMotion, new Writer().u32(-1000).u32(-9).u16(4).finish())
    await settle()
    expect(events.at(-1)).toEqual({ kind: 'pointer', x: 0, y: 290, buttons: 4 })
  })

  test('the desktop\'s buttons work: Clear empties the notes, Log off is heard once released on it', async () => {
    let off = 0
    const screen = new DesktopScreen({ user: 'Ada', host: 'vm', onLogOff: () => void off++ })
    const { inputs } = await open(screen)
    type(inputs, 'abc')
    const { clear, logOff, mouse } = screen.layout()
    move(inputs, clear.left + 5, clear.top + 5)
    press(inputs, 1)
    await settle()
    expect(screen.text).toBe('')
    move(inputs, logOff.left + 5, logOff.top + 5)
    inputs.send(inputsMsgc.mousePress, new Writer().u8(1).u16(1).finish())
    move(inputs, mouse.left, mouse.bottom + 20)
    inputs.send(inputsMsgc.mouseRelease, new Writer().u8(1).u16(0).finish())
    await settle()
    expect(off).toBe(0)
    move(inputs, logOff.left + 5, logOff.top + 5)
    press(inputs, 1)
    await settle()
    expect(off).toBe(1)
    expect(screen.clicks).toBe(3)
  })

  test('a person can sign in at the guest itself', async () => {
    const tried: string[][] = []
    const screen = new SignInScreen({ host: 'vm', onSubmit: (user, password) => void tried.push([user, password]) })
    const { inputs } = await open(screen)
    type(inputs, 'ada')
    key(inputs, true, 0x0f)
    type(inputs, 'S3cret!')
    key(inputs, true, 0x1c)
    await settle()
    expect(tried).toEqual([['ada', 'S3cret!']])
  })

  test('a locked guest takes a password only', async () => {
    const tried: string[][] = []
    const screen = new SignInScreen({ host: 'vm', lockedBy: 'ada', onSubmit: (user, password) => void tried.push([user, password]) })
    const { inputs } = await open(screen)
    key(inputs, true, 0x0f)
    type(inputs, 'pw')
    key(inputs, true, 0x1c)
    await settle()
    expect(tried).toEqual([['ada', 'pw']])
  })
})
