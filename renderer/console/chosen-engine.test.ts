// Why: the choice must not change what the screens rely on: a stop before the engine arrived starts nothing.
import { describe, expect, it } from 'vitest'
import { LinkId } from '../../shared/view/ui-command.ts'
import { ChosenEngine, type EngineName } from './chosen-engine.ts'
import type { ConsoleEngine, ConsoleEvent, ConsoleOptions } from './port.ts'

class FakeEngine implements ConsoleEngine {
  readonly calls: string[] = []
  start(): void { this.calls.push('start') }
  stop(): void { this.calls.push('stop') }
  sendKeys(codes: readonly string[]): void { this.calls.push(codes.join('+')) }
  sendCtrlAltDel(): void { this.calls.push('cad') }
  focus(): void { this.calls.push('focus') }
}

const container = {} as HTMLElement
const settle = async (): Promise<void> => { for (let i = 0; i < 5; i++) await Promise.resolve() }

function setUp(name: EngineName, load?: () => Promise<ConsoleEngine>) {
  const packaged = new FakeEngine()
  const own = new FakeEngine()
  const events: ConsoleEvent[] = []
  let loads = 0
  const options: ConsoleOptions = { link: LinkId.parse('link-00000001'), openChannel: () => Promise.reject(new Error('none')), onEvent: (e) => { events.push(e) }, onMenuKey: () => undefined }
  const engine = new ChosenEngine(() => name, own, load ?? (() => { loads++; return Promise.resolve(packaged) }))
  return { engine, packaged, own, events, options, loads: () => loads }
}

describe('ChosenEngine', () => {
  it('runs our own at once and never fetches the package', async () => {
    const t = setUp('latchkey')
    t.engine.start(container, t.options)
    t.engine.sendCtrlAltDel()
    await settle()
    expect(t.own.calls).toEqual(['start', 'cad'])
    expect(t.loads()).toBe(0)
  })
  it('fetches the package once and hands everything on', async () => {
    const t = setUp('spice-html5')
    t.engine.start(container, t.options)
    t.engine.focus()
    await settle()
    t.engine.sendKeys(['KeyA'])
    t.engine.start(container, t.options)
    t.engine.stop()
    expect(t.packaged.calls).toEqual(['start', 'KeyA', 'stop', 'start', 'stop'])
    expect(t.loads()).toBe(1)
    expect(t.own.calls).toEqual([])
  })
  it('starts nothing that was stopped before it arrived', async () => {
    const t = setUp('spice-html5')
    t.engine.start(container, t.options)
    t.engine.stop()
    await settle()
    expect(t.packaged.calls).toEqual([])
  })
  it('reports an engine that cannot be fetched', async () => {
    const t = setUp('spice-html5', () => Promise.reject(new Error('missing')))
    t.engine.start(container, t.options)
    await settle()
    expect(t.events).toEqual(['failed'])
  })
})
