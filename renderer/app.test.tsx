// @vitest-environment happy-dom
// Why: every view that main can send has a screen with words, and each button says to main what it says to the person.
import { act } from 'react'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { SsoOutcome } from '../shared/sso.ts'
import { ViewState } from '../shared/view/view-state.ts'
import { translator } from '../shared/i18n/messages.ts'
import { channelXml } from './components/sso-line.tsx'
import { views } from './dev-views.ts'
import { button, click, mountApp, type Rig } from './testkit.tsx'

const t = translator('en')
let rig: Rig
afterEach(() => { rig.unmount() })
const view = (name: string): ViewState => {
  const found = views[name]
  if (found === undefined) throw new Error(name)
  return found
}
const press = (key: string): void => {
  act(() => { window.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })) })
}

describe('screens', () => {
  test('the samples hold every screen, in the agreed form', () => {
    const shown = new Set(Object.values(views).map((v) => ViewState.parse(v).screen))
    const all = ViewState.options.map((option) => option.shape.screen.value)
    expect([...shown].sort()).toEqual([...all].sort())
    rig = mountApp(view('booting'))
  })

  test.each(Object.keys(views))('%s is drawn with words', (name) => {
    rig = mountApp(view(name))
    expect(rig.root.textContent.length).toBeGreaterThan(5)
  })

  test('blocked says that the device is not set up, with the reference', () => {
    rig = mountApp(view('blocked'))
    expect(rig.root.textContent).toContain('This device is not set up')
    expect(rig.root.textContent).toContain('T-7K2Q')
  })

  test.each(['authenticating', 'preparing', 'console-connecting'])('%s is left by Cancel and by Escape', (name) => {
    rig = mountApp(view(name))
    click(button(rig, 'Cancel'))
    press('Escape')
    press('Enter')
    expect(rig.sent).toEqual([{ type: 'cancel' }, { type: 'cancel' }])
  })

  test('desktops: refresh, sign out, pick', () => {
    rig = mountApp(view('desktops'))
    click(button(rig, 'Refresh'))
    click(button(rig, 'Sign out'))
    click(rig.root.querySelectorAll('[role=row]')[1])
    expect(rig.sent).toEqual([{ type: 'refresh' }, { type: 'signOut' }, { type: 'pick', desktop: 'a2' }])
  })

  test('failed: the given actions, in order, and no others', () => {
    rig = mountApp(view('failed'))
    for (const name of ['Try again', 'Back to my desktops', 'Sign out']) click(button(rig, name))
    expect(rig.sent.map((c) => c.type)).toEqual(['retry', 'dismiss', 'signOut'])
    const failed = view('failed') as Extract<ViewState, { screen: 'failed' }>
    rig.show({ ...failed, actions: ['signOut'] })
    expect(button(rig, 'Try again')).toBeUndefined()
  })

  test('a screen that breaks leaves words, and the next one is drawn', () => {
    const silent = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    rig = mountApp(view('desktops'))
    rig.show({ ...view('desktops'), desktops: undefined } as never)
    expect(rig.root.textContent).toContain(t('error.internal.bug.title'))
    rig.show(view('sign-in'))
    expect(rig.root.querySelector('form')).not.toBeNull()
    rig.show(view('desktops'))
    expect(rig.root.textContent).toContain('Accounting')
    silent.mockRestore()
  })

  test('a refusal is shown once and can be dismissed', () => {
    rig = mountApp(view('desktops'))
    rig.state({ notice: { code: 'power.denied', params: {}, traceId: 'T-1' } })
    expect(rig.root.textContent).toContain(t('error.power.denied.title'))
    click(button(rig, t('app.dismissNotice')))
    expect(rig.root.textContent).not.toContain(t('error.power.denied.title'))
  })
})

describe('console', () => {
  test('starts the engine once per link, passes its reports on, stops it on leaving', () => {
    rig = mountApp(view('console-connecting'))
    expect(rig.engine.calls).toEqual(['start'])
    rig.engine.options?.onEvent('linked')
    rig.engine.options?.onEvent('firstFrame')
    rig.show(view('console-sso-running'))
    expect(rig.engine.calls).toEqual(['start', 'focus'])
    expect(rig.sent).toEqual([
      { type: 'console', link: 'link-0001', event: 'linked' },
      { type: 'console', link: 'link-0001', event: 'firstFrame' },
    ])
    rig.show(view('ending'))
    expect(rig.engine.calls).toEqual(['start', 'focus', 'stop'])
  })

  test.each(SsoOutcome.options.filter((o) => o !== 'off'))('outcome %s has its words on the line', (outcome) => {
    const base = view('console-sso-running') as Extract<ViewState, { screen: 'console' }>
    rig = mountApp({ ...base, sso: { state: 'done', outcome } })
    expect(rig.root.querySelector('.sso-line')?.textContent).toContain(t(`sso.${outcome}`))
  })

  test('a second try is offered where it can help', () => {
    rig = mountApp(view('console-sso-silent'))
    click(button(rig, 'Try sign-on again'))
    expect(rig.sent).toEqual([{ type: 'signOnAgain' }])
    rig.show(view('console-sso-no-channel'))
    expect(button(rig, 'Try sign-on again')).toBeUndefined()
    expect(rig.root.querySelector('pre')?.textContent).toBe(channelXml(undefined))
  })

  test('only a name that a channel can have gets into the XML', () => {
    expect(channelXml('ovirt-guest-agent.0')).toContain("name='ovirt-guest-agent.0'")
    expect(channelXml("x'/><evil/>")).toContain("name='com.kvm-vdi.0'")
    rig = mountApp(view('booting'))
  })
})
