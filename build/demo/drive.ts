// Why: signs in as a person would, by the page alone, and reports what the main process saw. One driver for the demo,
// the bench and the end-to-end tests, so that all three mean the same by "signed in".
import type { Page } from 'playwright-core'
import type { SsoOutcome, ConfirmedBy } from '../../shared/sso.ts'
import type { PhaseView } from '../../shared/view/view-state.ts'
import type { App } from '../../electron/core/app.ts'
import type { SessionState } from '../../electron/core/session/state.ts'

/** Resolves when `ready` holds for the state; rejects after `ms`, naming the state it was stuck in. */
export function untilState(app: App, ready: (s: SessionState) => boolean, what: string, ms = 30_000): Promise<SessionState> {
  return new Promise((resolve, reject) => {
    if (ready(app.state)) return resolve(app.state)
    const timer = setTimeout(() => {
      stop()
      const { state } = app
      reject(new Error(`waited ${ms} ms for ${what}; the session is "${state.name}"${'error' in state && state.error ? ` (${state.error.code})` : ''}`))
    }, ms)
    const stop = app.observe((state) => {
      if (!ready(state)) return
      clearTimeout(timer)
      stop()
      resolve(state)
    })
  })
}

/** Types name and password and presses Enter; resolves once Enter is pressed. */
export async function typeSignIn(page: Page, user: string, password: string): Promise<void> {
  await page.locator('#user').fill(user)
  await page.locator('#password').fill(password)
  await page.locator('#password').press('Enter')
}

export async function pickDesktop(page: Page, title: string): Promise<void> {
  await page.getByRole('row', { name: title }).click()
}

export interface SsoReport {
  readonly outcome: SsoOutcome
  readonly confirmedBy: ConfirmedBy | null
  readonly ms: number
}

/** The sign-on's result and its time from the first step; waits for it. */
export async function untilSignedOn(app: App, ms = 90_000): Promise<SsoReport> {
  const state = await untilState(app, (s) => 'at' in s && s.at.sso.state === 'done', 'the guest sign-on', ms)
  const sso = 'at' in state ? state.at.sso : undefined
  if (sso?.state !== 'done') throw new Error('the visit ended before the sign-on')
  const spans = app.phases.view().filter((p) => p.name === 'agent' || p.name === 'inject' || p.name === 'confirm')
  return { outcome: sso.outcome, confirmedBy: sso.confirmedBy ?? null, ms: Math.round(spans.reduce((sum, p) => sum + (p.ms ?? 0), 0) * 10) / 10 }
}

export const phaseReport = (phases: readonly PhaseView[]): { name: string; ms: number | null }[] => phases.map((p) => ({ name: p.name, ms: p.ms ?? null }))
