// Why: the agent's half of a session against a second reading of the protocol, the demo's double of spice-vdagent, with the
// server's tokens in between.
import { afterEach, describe, expect, test } from 'vitest'
import { MouseMode } from '../wire/enums.ts'
import type { ClipboardPolicy } from './clipboard.ts'
import { RESIZE_QUIET_MS } from './monitors.ts'
import { SpiceSession } from './session.ts'
import { embedded, embeddedAgent, type EmbeddedAgent, type EmbeddedAgentOptions, type EmbeddedServer } from './testkit-embedded.ts'
import { ManualClock } from './testkit.ts'

const open: SpiceSession[] = []
afterEach(() => {
  for (const s of open.splice(0)) s.close()
})

interface Rig {
  readonly server: EmbeddedServer
  readonly session: SpiceSession
  readonly agent: EmbeddedAgent
  readonly clock: ManualClock
  readonly texts: string[]
}

const settle = async (done: () => boolean): Promise<void> => {
  for (let i = 0; i < 2000 && !done(); i++) await new Promise((resolve) => { setTimeout(resolve, 0) })
  expect(done()).toBe(true)
}

async function connect(policy: ClipboardPolicy, options: EmbeddedAgentOptions = {}, clipboardBytes = 4 << 20): Promise<Rig> {
  const { server, openChannel } = await embedded({ kind: 'none' }, () => 3000)
  const agent = await embeddedAgent(options)
  server.setAgent(agent)
  const clock = new ManualClock()
  const session = new SpiceSession({ openChannel, clock, clipboard: policy, limits: { clipboardBytes } })
  open.push(session)
  const texts: string[] = []
  session.on('clipboard', (text) => { texts.push(text) })
  await settle(() => agent.ready)
  return { server, session, agent, clock, texts }
}

describe('clipboard through the whole session', () => {
  const text = `${'Zeile äöü €\n'.repeat(20_000)}Ende`

  test.each([['lf', text], ['crlf', text.replaceAll('\n', '\r\n')]] as const)('both ways, a quarter of a megabyte, a guest with %s', async (lineEnds, inGuest) => {
    const { session, agent, texts } = await connect('both', { lineEnds })
    expect(session.offerClipboard(text)).toBe(true)
    await settle(() => agent.clientOffers)
    expect(await agent.paste()).toBe(inGuest)
    agent.copy(inGuest)
    await settle(() => texts.length > 0)
    expect(texts).toEqual([text])
    // What came from there is not offered back.
    expect(session.offerClipboard(text)).toBe(true)
    expect(await agent.paste()).toBe(inGuest)
    expect(agent.clientOffers).toBe(false)
  })

  test.each([['off', false, false], ['toGuest', true, false], ['fromGuest', false, true]] as const)('policy %s', async (policy, toGuest, fromGuest) => {
    const { server, session, agent, texts } = await connect(policy)
    expect(session.offerClipboard('mine')).toBe(toGuest)
    if (toGuest) await settle(() => agent.clientOffers)
    expect(await agent.paste()).toBe(toGuest ? 'mine' : undefined)
    const heard = agent.heard.length
    agent.copy('secret')
    if (fromGuest) await settle(() => texts.length > 0)
    // What the main channel says next comes after whatever the copy has caused.
    server.setAbsolutePointer(false)
    await settle(() => session.mouseModes?.current === MouseMode.SERVER)
    expect(texts).toEqual(fromGuest ? ['secret'] : [])
    if (!fromGuest) expect(agent.heard.length, 'it was not even asked for').toBe(heard)
  })

  test('the primary selection of the guest stays there', async () => {
    const { agent, texts } = await connect('both')
    agent.copy('marked', 1)
    agent.copy('copied')
    await settle(() => texts.length > 0)
    expect(texts).toEqual(['copied'])
  })

  test('beyond the limit it is told, and nothing is cut', async () => {
    const { session, agent, texts } = await connect('both', {}, 5000)
    const told: unknown[] = []
    session.on('clipboardTooLarge', (e) => { told.push(e) })
    expect(session.offerClipboard('x'.repeat(5001))).toBe(false)
    agent.copy('y'.repeat(5001))
    await settle(() => told.length === 2)
    expect(told).toEqual([{ direction: 'toGuest', bytes: 5001, limit: 5000 }, { direction: 'fromGuest', bytes: 5001, limit: 5000 }])
    expect([texts, await agent.paste()]).toEqual([[], 'y'.repeat(5001)])
  })
})

describe('monitors through the whole session', () => {
  test('nothing is asked before the agent is there; then all of them, and again of a new agent', async () => {
    const asked: string[] = []
    const options = { onMonitors: (m: readonly { readonly width: number; readonly height: number; readonly x: number; readonly y: number }[]) => asked.push(m.map((o) => `${o.width}x${o.height}+${o.x}+${o.y}`).join(' ')) > 0 }
    const { server, openChannel } = await embedded({ kind: 'none' }, () => 3000)
    const clock = new ManualClock()
    const session = new SpiceSession({ openChannel, clock })
    open.push(session)
    session.setMonitors([{ width: 1285, height: 801 }, { width: 1024, height: 768, x: 1280 }])
    await new Promise<void>((resolve) => { session.on('mouseMode', ({ current }) => { if (current === MouseMode.CLIENT) resolve() }) })
    clock.advance(RESIZE_QUIET_MS)
    for (let n = 1; n <= 2; n++) {
      server.setAgent(await embeddedAgent(options))
      await settle(() => asked.length === n)
      server.setAgent(undefined)
    }
    expect(asked).toEqual(['1280x800+0+0 1024x768+1280+0', '1280x800+0+0 1024x768+1280+0'])
  })

  test('a guest that cannot is asked again, and then the session says so', async () => {
    let asked = 0
    const { session, clock } = await connect('off', { onMonitors: () => asked++ < 0 })
    let refused = false
    session.on('monitorsRefused', () => { refused = true })
    session.setMonitors([{ width: 640, height: 480 }])
    for (let i = 0; i < 100 && !refused; i++) {
      clock.advance(500)
      await new Promise((resolve) => { setTimeout(resolve, 0) })
    }
    expect([asked, refused]).toEqual([3, true])
  })
})

test('a guest that changes its own lamps is believed, and not set back', async () => {
  const { server, session } = await connect('off')
  await settle(() => session.inputs.locks !== undefined)
  session.inputs.syncLocks(4)
  await settle(() => session.inputs.locks === 4)
  const heard: string[] = []
  server.onInput((e) => { heard.push(e.kind) })
  server.setLocks(6)
  await settle(() => session.inputs.locks === 6)
  expect(heard).toEqual([])
})

test('a guest that loses what takes positions gets motion, and positions again when it is back', async () => {
  const { server, session } = await connect('off')
  await settle(() => session.mouseModes?.current === MouseMode.CLIENT)
  server.setAbsolutePointer(false)
  await settle(() => session.mouseModes?.current === MouseMode.SERVER)
  expect([session.inputs.position(1, 1), session.inputs.motion(1, 1)]).toEqual([false, true])
  server.setAbsolutePointer(true)
  await settle(() => session.mouseModes?.current === MouseMode.CLIENT)
})
