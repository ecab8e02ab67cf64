import { describe, expect, it } from 'vitest'
import { isPlainCode, meaningOf, questionOf, shown, tellsLocked } from './prompt-words.ts'

describe('meaningOf', () => {
  it.each([
    // Linux-PAM 1.5 (pam_unix, pam_pwquality), sssd 2.8, pam_google_authenticator 1.09, pam_oath 2.6, privacyIDEA, Duo
    ['Password: ', 'password'],
    ["ada@hv1's password: ", 'password'],
    ['Passwort: ', 'password'],
    ['Kennwort: ', 'password'],
    ['First Factor: ', 'other'],
    ['Current password: ', 'current-password'],
    ['(current) UNIX password: ', 'current-password'],
    ['Current Password: ', 'current-password'],
    ['Old password: ', 'current-password'],
    ['New password: ', 'new-password'],
    ['Enter new UNIX password: ', 'new-password'],
    ['Retype new password: ', 'retype-password'],
    ['Retype new UNIX password: ', 'retype-password'],
    ['Reenter new Password: ', 'retype-password'],
    ['New password (again): ', 'retype-password'],
    ['Verification code: ', 'code'],
    ["One-time password (OATH) for `ada': ", 'code'],
    ['Second Factor (OTP): ', 'code'],
    ['Passcode or option (1-2): ', 'code'],
    ['Enter your token: ', 'code'],
    ['Bestätigungscode: ', 'code'],
    ['Einmalpasswort: ', 'code'],
    ["YubiKey for `ada': ", 'other'],
    ['', 'other'],
  ])('%j is %s', (prompt, meaning) => expect(meaningOf(questionOf(prompt).question)).toBe(meaning))
})

describe('questionOf', () => {
  it('is the last line that says something; what stands before is told', () => {
    expect(questionOf('BAD PASSWORD: too short\r\n\n New password: \n')).toEqual({ question: 'New password:', before: 'BAD PASSWORD: too short' })
    expect(questionOf('\n')).toEqual({ question: '', before: '' })
  })
})

describe('tellsLocked', () => {
  it.each(['Your account has expired; please contact your system administrator.', 'The account is locked due to 3 failed logins.', 'User account is disabled'])('%j', (text) => expect(tellsLocked(text)).toBe(true))
  it.each(['Your account will be locked after 3 attempts.', 'Password: ', 'Doors are locked at night'])('not %j', (text) => expect(tellsLocked(text)).toBe(false))
})

describe('shown', () => {
  it('is one line of printable characters, joined and trimmed', () => {
    expect(shown('', 'a\u001b[31mb\r\nc', ' \u202ed ')).toBe('a [31mb c d')
    expect(shown('', '')).toBe('')
  })
  it('keeps the end of what is too long, at a whole character', () => {
    const long = shown('😀'.repeat(400) + 'Code:')
    expect(long.length).toBeLessThanOrEqual(300)
    expect(long).toMatch(/^….*Code:$/u)
    expect(long.isWellFormed()).toBe(true)
    expect(shown('x'.repeat(1e6)).length).toBe(300)
  })
  it('a lone surrogate is replaced', () => expect(shown('a\ud800b')).toBe('a\ufffdb'))
})

it('what our own label says is not said twice', () => {
  expect(['Verification code:', 'One-time password:', 'Code:', 'passcode'].map(isPlainCode)).toEqual([true, true, true, true])
  expect(isPlainCode('Code from the blue card:')).toBe(false)
})
