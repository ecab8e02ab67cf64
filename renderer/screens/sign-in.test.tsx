// @vitest-environment happy-dom
// Why: the password is sent once, and is nowhere in the page afterwards.
import { act } from 'react'
import { afterEach, describe, expect, test } from 'vitest'
import { bootstrap, views } from '../dev-views.ts'
import { mountApp, type Rig } from '../testkit.tsx'
import type { ViewState } from '../../shared/view/view-state.ts'

const view = views['sign-in'] as Extract<ViewState, { screen: 'signIn' }>
let rig: Rig
afterEach(() => { rig.unmount() })

const field = (id: string): HTMLInputElement => rig.root.querySelector(`#${id}`) as HTMLInputElement
const submit = (): void => {
  act(() => { rig.root.querySelector('form')?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true })) })
}
const fill = (user: string, password: string): void => {
  field('user').value = user
  field('password').value = password
}

describe('sign-in form', () => {
  test('sends once, empties the field in the same turn, and keeps the password out of React', () => {
    rig = mountApp(view)
    fill('ada', 'correct horse ♞')
    submit()
    expect(field('password').value).toBe('')
    submit()
    fill('ada', 'again')
    submit()
    expect(rig.sent).toEqual([{ type: 'signIn', endpoint: 'hq', user: 'ada', password: 'correct horse ♞' }])
    expect(fiberText(rig.root)).not.toContain('correct horse')
    // The search itself works: what React does hold is found by it.
    expect(fiberText(rig.root)).toContain('Example University')
  })

  test('a refused command makes the form usable again', async () => {
    rig = mountApp(view)
    rig.answer = Promise.resolve(false)
    fill('ada', 'one')
    await act(async () => {
      rig.root.querySelector('form')?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
      await rig.answer
    })
    rig.answer = Promise.resolve(true)
    fill('ada', 'two')
    submit()
    expect(rig.sent).toHaveLength(2)
  })

  test('a new view from main makes the form usable again, with the words of the error', () => {
    rig = mountApp(view)
    fill('ada', 'one')
    submit()
    rig.show({ ...view, error: { code: 'auth.rejected', params: {}, traceId: 'T-7K2Q' } })
    expect(rig.root.querySelector('[role=alert]')?.textContent).toContain('not accepted')
    expect(rig.root.querySelector('[role=alert]')?.textContent).toContain('T-7K2Q')
    fill('ada', 'two')
    submit()
    expect(rig.sent).toHaveLength(2)
  })

  test('nothing is sent with a field empty', () => {
    rig = mountApp(view)
    fill('  ', 'secret')
    submit()
    fill('ada', '')
    submit()
    expect(rig.sent).toEqual([])
    expect(document.activeElement).toBe(field('password'))
  })

  test('focus is on the name, or on the password when the name is filled in', () => {
    rig = mountApp(view)
    expect(document.activeElement).toBe(field('user'))
    rig.unmount()
    rig = mountApp({ ...view, user: 'ada' })
    expect(document.activeElement).toBe(field('password'))
  })

  test('Caps Lock is told', () => {
    rig = mountApp(view)
    const key = new KeyboardEvent('keydown', { key: 'A', bubbles: true })
    key.getModifierState = (name) => name === 'CapsLock'
    act(() => { field('password').dispatchEvent(key) })
    expect(rig.root.querySelector('#caps-lock')?.textContent).toBe('Caps Lock is on.')
  })

  test('IT\'s message and organisation are text, never markup', () => {
    rig = mountApp(view, { ...bootstrap, organisation: '<i>x</i>', message: '<img src=x>' })
    expect(rig.root.querySelector('img, i')).toBeNull()
    expect(rig.root.textContent).toContain('<img src=x>')
  })

  test('the endpoint is asked only where there is a choice', () => {
    rig = mountApp(view)
    expect(rig.root.textContent).not.toContain('Connect to')
    rig.show({ ...view, endpoints: [...view.endpoints, { id: 'lab', label: 'Laboratory' }] })
    expect(rig.root.textContent).toContain('Connect to')
  })
})

/** Every string that React's own tree holds: props and hook states of all fibers. */
function fiberText(root: HTMLElement): string {
  const key = Object.keys(root).find((name) => name.startsWith('__reactContainer$'))
  const found: string[] = []
  const seen = new WeakSet()
  const walk = (value: unknown): void => {
    if (typeof value === 'string') found.push(value)
    if (typeof value !== 'object' || value === null || seen.has(value) || value instanceof Node || value === window) return
    seen.add(value)
    for (const name of Object.keys(value)) walk((value as Record<string, unknown>)[name])
  }
  walk((root as unknown as Record<string, unknown>)[key ?? ''])
  return found.join('\n')
}

describe('the way to the server', () => {
  test('says which host, that none answers, and that the way is open', () => {
    rig = mountApp(views['sign-in-sites'] as ViewState)
    expect(rig.root.textContent).toContain('Site: hv2.example.com')
    expect(rig.root.querySelector('[role=status].warning')?.textContent).toContain('None of its servers')
    rig.show({ ...view, endpoints: [{ id: 'hq', label: 'HQ', insecure: true }] })
    expect(rig.root.querySelector('[role=note].warning')?.textContent).toContain('not encrypted')
    expect(rig.root.textContent).not.toContain('Site:')
  })
})

test('a display that asks nobody who they are takes one press', async () => {
  rig = mountApp(views['sign-in-anonymous'] as ViewState)
  expect(rig.root.querySelector('input')).toBeNull()
  expect(rig.root.textContent).toContain('Connect')
  // The button that had the focus is disabled then, which the library tells a moment later.
  await act(async () => {
    rig.root.querySelector('form')?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
    await new Promise((resolve) => { setTimeout(resolve, 0) })
  })
  expect(rig.sent).toEqual([{ type: 'signIn', endpoint: 'hq', user: '', password: '' }])
})
