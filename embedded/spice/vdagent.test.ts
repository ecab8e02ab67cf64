// Why: the double is a double only while it keeps the real agent's manners; here against bytes written by hand.
import { afterEach, describe, expect, test } from 'vitest'
import { DesktopScreen } from './desktop-screen.ts'
import { AGENT_PIECE_BYTES, AGENT_TOKENS, mainMsg, mainMsgc } from './protocol.ts'
import { SpiceServer } from './server.ts'
import { openMain, settle, StillClock, type TestClient } from './testkit.ts'
import { agentCap, agentMsg, VdAgent, type AgentMonitor } from './vdagent.ts'
import { Writer } from './wire.ts'

const servers: SpiceServer[] = []
afterEach(() => {
  for (const s of servers.splice(0)) s.reset()
})

async function open(agent: VdAgent | undefined): Promise<{ server: SpiceServer; main: TestClient; init: Buffer }> {
  const server = new SpiceServer({ screen: new DesktopScreen({ user: 'Ada', host: 'vm' }), ticket: () => ({ kind: 'none' }), clock: new StillClock() })
  servers.push(server)
  server.setAgent(agent)
  const { main, init } = await openMain(server)
  return { server, main, init }
}
const framed = (type: number, data: Uint8Array): Buffer => new Writer().u32(1).u32(type).u64(0n).u32(data.length).raw(data).finish()
const say = (main: TestClient, type: number, data: Uint8Array): void => main.send(mainMsgc.agentData, framed(type, data))
const start = (main: TestClient, tokens: number): void => main.send(mainMsgc.agentStart, new Writer().u32(tokens).finish())
const announce = (main: TestClient, ...caps: number[]): void => say(main, agentMsg.announce, new Writer().u32(0).u32(caps.reduce((w, c) => w | (1 << c), 0)).finish())
const heard = async (main: TestClient): Promise<{ type: number; data: Buffer }> => {
  const { body } = await main.until(mainMsg.agentData)
  return { type: body.readUInt32LE(4), data: body.subarray(20) }
}

describe('a client and the agent', () => {
  test('is told that there is one, or none, and when that changes', async () => {
    expect((await open(undefined)).init.readUInt32LE(16)).toBe(0)
    const { server, main, init } = await open(new VdAgent())
    expect([init.readUInt32LE(16), init.readUInt32LE(20)]).toEqual([1, AGENT_TOKENS])
    server.setAgent(undefined)
    await main.until(mainMsg.agentDisconnected)
    server.setAgent(new VdAgent())
    await main.until(mainMsg.agentConnected)
  })

  test('capabilities first, asked for; nothing without a token', async () => {
    const agent = new VdAgent()
    const { main } = await open(agent)
    start(main, 0)
    await settle()
    main.send(mainMsgc.agentToken, new Writer().u32(1).finish())
    const first = await heard(main)
    expect([first.type, first.data.readUInt32LE(0)]).toEqual([agentMsg.announce, 1])
    expect(first.data.readUInt32LE(4) & (1 << agentCap.lineEndLf)).not.toBe(0)
    announce(main, agentCap.clipboardByDemand)
    await settle()
    agent.copy('x')
    main.send(mainMsgc.agentToken, new Writer().u32(1).finish())
    expect(await heard(main)).toEqual({ type: agentMsg.grab, data: Buffer.from([1, 0, 0, 0]) })
  })

  test('a client that sends more than its tokens, or too large a piece, is cut off', async () => {
    for (const bad of [new Uint8Array(AGENT_PIECE_BYTES + 1), Buffer.from([9, 0, 0, 0, ...new Uint8Array(16)])]) {
      const { main } = await open(new VdAgent())
      start(main, 10)
      main.send(mainMsgc.agentData, bad)
      await main.wire.gone()
    }
  })

  test('each piece that is taken gives its token back', async () => {
    const { main } = await open(new VdAgent())
    start(main, 10)
    for (let i = 0; i < 3 * AGENT_TOKENS; i++) {
      announce(main, agentCap.clipboardByDemand)
      expect((await main.until(mainMsg.agentToken)).body.readUInt32LE(0)).toBe(1)
    }
  })

  test('monitors are set and answered', async () => {
    const seen: (readonly AgentMonitor[])[] = []
    const { main } = await open(new VdAgent({ onMonitors: (m) => seen.push(m) === 1 }))
    start(main, 10)
    await heard(main)
    const config = new Writer().u32(1).u32(0).u32(600).u32(800).u32(32).u32(0).u32(0).finish()
    for (const result of [1, 2]) {
      say(main, agentMsg.monitorsConfig, config)
      const { type, data } = await heard(main)
      expect([type, data.readUInt32LE(0), data.readUInt32LE(4)]).toEqual([agentMsg.reply, agentMsg.monitorsConfig, result])
    }
    expect(seen[0]).toEqual([{ width: 800, height: 600, x: 0, y: 0 }])
  })

  test('a paste of nothing ends, also when the client goes', async () => {
    const agent = new VdAgent()
    expect(await agent.paste()).toBeUndefined()
    const { server, main } = await open(agent)
    start(main, 10)
    await heard(main)
    announce(main, agentCap.clipboardByDemand)
    say(main, agentMsg.grab, new Writer().u32(1).finish())
    await settle()
    const pasted = agent.paste()
    expect((await heard(main)).type).toBe(agentMsg.request)
    server.disconnect()
    expect(await pasted).toBeUndefined()
  })
})
