// @vitest-environment happy-dom
// Why: what is typed for a challenge is sent once, leaves nothing in the page, and a new password must be typed twice alike.
import { act } from 'react'
import { afterEach, describe, expect, test } from 'vitest'
import { views } from '../dev-views.ts'
import { mountApp, type Rig } from '../testkit.tsx'
import type { ViewState } from '../../shared/view/view-state.ts'

let rig: Rig
afterEach(() => { rig.unmount() })
const view = (name: string): ViewState => views[name] as ViewState
const field = (id: string): HTMLInputElement => rig.root.querySelector(`#${id}`) as HTMLInputElement
const submit = (): void => {
  act(() => { rig.root.querySelector('form')?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true })) })
}

describe('challenge form', () => {
  test('sends a code once, without the blanks that apps show in it', () => {
    rig = mountApp(view('challenge-totp'))
    expect(field('answer').inputMode).toBe('numeric')
    field('answer').value = '123 456'
    submit()
    submit()
    expect(field('answer').value).toBe('')
    expect(rig.sent).toEqual([{ type: 'answer', text: '123456' }])
  })
  test('sends nothing for nothing, and shows the server\'s words as text', () => {
    rig = mountApp(view('challenge-text'))
    submit()
    expect(rig.sent).toEqual([])
    expect(rig.root.textContent).toContain('<b>now</b>')
    expect(rig.root.querySelector('[role=alert]')?.textContent).toContain('That code was not accepted')
    expect(field('answer').type).toBe('password')
  })
  test('a new password is sent when both are the same', () => {
    rig = mountApp(view('challenge-new-password'))
    field('answer').value = 'new one'
    field('again').value = 'new on'
    submit()
    expect(rig.sent).toEqual([])
    expect(rig.root.textContent).toContain('The two are not the same.')
    field('again').value = 'new one'
    submit()
    expect(rig.sent).toEqual([{ type: 'answer', text: 'new one' }])
    expect(field('again').value).toBe('')
  })
  test('Escape leaves', () => {
    rig = mountApp(view('challenge-totp'))
    act(() => { document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true })) })
    expect(rig.sent).toEqual([{ type: 'cancel' }])
  })
})
