// Why: a code without words, a word without use or a broken plural must fail here and not on a person's screen.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PowerState, OsFamily } from '../desktop.ts'
import { errorCodes } from '../error-codes.ts'
import { SsoOutcome, SsoStep } from '../sso.ts'
import { PowerAction } from '../view/ui-command.ts'
import { ChallengeKind, phaseNames } from '../view/view-state.ts'
import { catalogueFor, catalogues, isMessageKey, parseMessage, translator, type MessageKey } from './messages.ts'

const families: readonly string[] = [
  ...errorCodes.flatMap((code) => [`error.${code}.title`, `error.${code}.body`, `error.${code}.advice`]),
  ...SsoOutcome.options.map((outcome) => `sso.${outcome}`),
  ...SsoStep.options.map((step) => `sso.step.${step}`),
  ...phaseNames.map((name) => `phase.${name}`),
  ...['waiting', 'running', 'done', 'skipped', 'failed'].map((status) => `phaseStatus.${status}`),
  ...PowerState.options.map((state) => `powerState.${state}`),
  ...ChallengeKind.options.flatMap((kind) => [`challenge.heading.${kind}`, `challenge.label.${kind}`]),
  ...OsFamily.options.map((os) => `os.${os}`),
  ...PowerAction.options.map((action) => `power.${action}`),
  ...['keep', 'lock', 'logoff'].map((what) => `console.leave.${what}`),
  ...['signed-out', 'cancelled'].map((notice) => `signIn.notice.${notice}`),
]

/** Every source line of the renderer that could name a key. */
function rendererSource(): string {
  const root = join(import.meta.dirname, '../../renderer')
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name))
    .map((name) => readFileSync(join(root, name), 'utf8'))
    .join('\n')
}

describe('catalogue', () => {
  test.each(families)('has words for %s', (key) => {
    expect(isMessageKey(key)).toBe(true)
    expect(catalogues['en']?.[key as MessageKey].trim().length).toBeGreaterThan(0)
  })

  test('has no key that nothing uses', () => {
    const source = rendererSource()
    const used = new Set(families)
    const unused = Object.keys(catalogues['en'] ?? {}).filter((key) => !used.has(key) && !source.includes(`'${key}'`))
    expect(unused).toEqual([])
  })

  test.each(Object.entries(catalogues))('%s is valid ICU, complete, and formats with its own parameters', (language, catalogue) => {
    expect(Object.keys(catalogue).sort()).toEqual(Object.keys(catalogues['en'] ?? {}).sort())
    const values = { id: 'T-1', ms: 1200, user: 'ada', endpoint: 'Lab', desktop: 'D', site: 'S', count: 2, version: '1' }
    for (const [key, text] of Object.entries(catalogue)) {
      expect(() => parseMessage(text, language).format(values), key).not.toThrow()
    }
  })
})

describe('translator', () => {
  const t = translator('en')
  test('formats plurals, numbers and names', () => {
    expect(t('desktops.count', { count: 1 })).toBe('1 desktop')
    expect(t('desktops.count', { count: 3 })).toBe('3 desktops')
    expect(t('app.ms', { ms: 1234 })).toBe('1,234 ms')
    expect(t('preparing.heading', { desktop: '<b>{x}</b>' })).toBe('Opening <b>{x}</b>')
  })
  test('a forgotten parameter leaves the text, not an exception', () => {
    expect(t('preparing.heading')).toBe('Opening {desktop}')
  })
  test('an unknown language falls back to English, a region is accepted', () => {
    expect(catalogueFor('xx').language).toBe('en')
    expect(catalogueFor('en-GB').language).toBe('en')
    expect(catalogueFor('__proto__').language).toBe('en')
  })
})
