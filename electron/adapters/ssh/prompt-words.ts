// Why: a server's prompt is free text, and what it wants can be told from its words alone. All of that guessing is here,
// as one function from words to a meaning, so that it can be read and tested as a table.
// Words: pam_unix, sssd, pam_pwquality, pam_google_authenticator, pam_oath, privacyIDEA and Duo, in their default English;
// "code", "passwort" and the like also catch the compounds of German and its neighbours.
import { printable } from '../../core/errors.ts'

/** What PAM modules (pam_unix, pam_faillock, pam_tally2, sssd) say of an account that no password will open; "will be locked" is a warning. */
const LOCKED = /\b(account|password|user)\b[^.\n]{0,60}(?<!\bbe )\b(locked|expired|disabled|inactive)\b|\b(locked|expired|disabled)\b[^.\n]{0,40}\baccount\b/i

/** The three questions of a password change: "Current password:", "(current) UNIX password:", "New password:", "Retype new password:". */
const RETYPE = /\b(re-?type|re-?enter|repeat|confirm|verify)\b.*password|new password.*\bagain\b/i
const NEW = /\bnew\)? (\w+ )?password\b/i
const CURRENT = /\b(current|old)\)? (\w+ )?password\b/i

/** Stands before PASSWORD: a one-time password is a code. */
const CODE = /code\b|one[- ]?time|einmal|\b[th]?otp\b|\boath\b|\btoken\b|authenticator/i
const PASSWORD = /pass(word|wort|phrase)|kennwort|mot de passe|contraseña|\bpin\b/i

/** What our own label says already. */
const PLAIN_CODE = /^(enter )?(your |the )?(verification code|one[- ]?time (password|code)|otp|totp|code|passcode)\s*:?$/i

export type Meaning = 'current-password' | 'new-password' | 'retype-password' | 'code' | 'password' | 'other'

export function tellsLocked(text: string): boolean {
  return LOCKED.test(text)
}

/** sshd puts what PAM has to tell before the prompt, line by line: the question is the last line that says something. */
export function questionOf(prompt: string): { readonly question: string; readonly before: string } {
  const lines = prompt.slice(-MAX_READ).split(/[\r\n\u2028\u2029]+/).map((l) => l.trim()).filter((l) => l !== '')
  return { question: lines.at(-1) ?? '', before: lines.slice(0, -1).join('\n') }
}

export function meaningOf(question: string): Meaning {
  if (CODE.test(question)) return 'code'
  if (RETYPE.test(question)) return 'retype-password'
  if (NEW.test(question)) return 'new-password'
  if (CURRENT.test(question)) return 'current-password'
  return PASSWORD.test(question) ? 'password' : 'other'
}

export const isPlainCode = (text: string): boolean => PLAIN_CODE.test(text)

/** What of a server's words is looked at; more is noise. */
const MAX_READ = 4_096
const MAX_SHOWN = 300

/** For the screen: one line, no control characters, at most 300 UTF-16 units; the end is kept, since there the question stands. */
export function shown(...parts: readonly string[]): string {
  const text = printable(parts.map((p) => p.slice(-MAX_READ).toWellFormed()).join(' ')).replace(/\s+/gu, ' ').trim()
  if (text.length <= MAX_SHOWN) return text
  return `…${text.slice(1 - MAX_SHOWN).replace(/^[\udc00-\udfff]/, '')}`
}
