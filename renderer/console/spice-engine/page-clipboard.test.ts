// @vitest-environment happy-dom
// Why: a text that crosses in a direction that nobody opened, or while the person is elsewhere, is a leak.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ClipboardPolicy } from '../../spice/session/clipboard.ts'
import { turns } from '../../spice/session/testkit.ts'
import { PageClipboard } from './page-clipboard.ts'

class FakeClipboard extends EventTarget {
  text = ''
  reads = 0
  writes: string[] = []
  refuses = false
  readText(): Promise<string> {
    this.reads++
    return this.refuses ? Promise.reject(new DOMException('no', 'NotAllowedError')) : Promise.resolve(this.text)
  }
  writeText(text: string): Promise<void> {
    if (this.refuses) return Promise.reject(new DOMException('no', 'NotAllowedError'))
    this.writes.push(text)
    this.text = text
    return Promise.resolve()
  }
}

let container: HTMLElement
let button: HTMLElement
let device: FakeClipboard
let offered: string[]
let page: PageClipboard
let hasFocus: boolean

beforeEach(() => {
  container = document.body.appendChild(document.createElement('div'))
  container.tabIndex = 0
  button = document.body.appendChild(document.createElement('button'))
  device = new FakeClipboard()
  offered = []
  hasFocus = true
  vi.spyOn(document, 'hasFocus').mockImplementation(() => hasFocus)
  container.focus()
})
afterEach(() => {
  page.stop()
  document.body.replaceChildren()
  vi.restoreAllMocks()
})

async function start(policy: ClipboardPolicy): Promise<void> {
  page = new PageClipboard({ container, policy, clipboard: device, offer: (text) => offered.push(text) > 0 })
  page.start()
  await turns()
}
async function focus(): Promise<void> {
  window.dispatchEvent(new Event('focus'))
  await turns()
}

describe('to the guest', () => {
  test('what was copied is offered at the start, at a focus, at a copy, and once', async () => {
    device.text = 'one'
    await start('toGuest')
    await focus()
    expect(offered).toEqual(['one'])
    device.text = 'two'
    button.focus()
    await turns()
    expect(offered, 'our own controls have the keyboard').toEqual(['one'])
    container.focus()
    await turns()
    device.text = 'three'
    device.dispatchEvent(new Event('clipboardchange'))
    await turns()
    vi.useFakeTimers()
    document.dispatchEvent(new Event('copy'))
    device.text = 'four'
    vi.runAllTimers()
    vi.useRealTimers()
    await turns()
    expect(offered).toEqual(['one', 'two', 'three', 'four'])
  })

  test('is not read while the person is elsewhere, nor after the end, nor where it is refused', async () => {
    await start('toGuest')
    const before = device.reads
    hasFocus = false
    await focus()
    expect(device.reads).toBe(before)
    hasFocus = true
    device.refuses = true
    await focus()
    page.stop()
    device.refuses = false
    device.text = 'later'
    await focus()
    expect(offered).toEqual([])
  })
})

describe('from the guest', () => {
  test('is written while the person is there; otherwise when they are back', async () => {
    await start('fromGuest')
    page.fromGuest('a')
    await turns()
    hasFocus = false
    page.fromGuest('b')
    page.fromGuest('c')
    await turns()
    expect(device.writes).toEqual(['a'])
    hasFocus = true
    await focus()
    expect(device.writes).toEqual(['a', 'c'])
    expect(device.reads, 'this direction reads nothing').toBe(0)
  })

  test('what the person has copied elsewhere meanwhile is newer', async () => {
    await start('both')
    hasFocus = false
    page.fromGuest('guest')
    device.text = 'mine'
    hasFocus = true
    await focus()
    expect([offered, device.writes]).toEqual([['mine'], []])
  })

  test('is not offered back', async () => {
    await start('both')
    page.fromGuest('guest')
    await turns()
    await focus()
    expect([offered, device.text]).toEqual([[], 'guest'])
  })

  test('a write that the keyboard’s leaving broke off is tried again', async () => {
    await start('fromGuest')
    vi.spyOn(device, 'writeText').mockImplementationOnce(() => {
      hasFocus = false
      return Promise.reject(new DOMException('no focus', 'NotAllowedError'))
    })
    page.fromGuest('x')
    await turns()
    hasFocus = true
    await focus()
    expect(device.writes).toEqual(['x'])
  })

  test('does not stay behind for the next person; what the person copied does', async () => {
    await start('fromGuest')
    page.fromGuest('secret')
    await turns()
    page.stop()
    expect(device.text).toBe('')
    device.text = 'own'
    await start('both')
    page.stop()
    expect(device.text).toBe('own')
  })
})

test.each(['off', 'toGuest', 'fromGuest'] as const)('policy %s does only what it says', async (policy) => {
  device.text = 'mine'
  await start(policy)
  page.fromGuest('theirs')
  await turns()
  await focus()
  expect(offered).toEqual(policy === 'toGuest' ? ['mine'] : [])
  expect(device.reads > 0).toBe(policy === 'toGuest')
  expect(device.writes).toEqual(policy === 'fromGuest' ? ['theirs'] : [])
})

test('a browser without a clipboard is no error', () => {
  page = new PageClipboard({ container, policy: 'both', clipboard: undefined, offer: () => true })
  page.start()
  page.fromGuest('x')
  page.stop()
})
