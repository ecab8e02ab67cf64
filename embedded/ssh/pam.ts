// Why: what PAM asks through keyboard-interactive, one question at a time and in the words of Linux-PAM 1.5 (pam_unix,
// pam_pwquality) and pam_google_authenticator, as sshd passes them on: what a module tells stands before its question.
import type { Accounts } from './accounts.ts'

/** pam_pwquality's `minlen` here, and the tries of pam_unix (MAX_PASSWD_TRIES). */
const MIN_LENGTH = 8
const MAX_TRIES = 3

/**
 * One conversation; resolves with PAM's verdict. A changed password is in `accounts` then.
 * @param ask shows a hidden question; '' when the client is gone
 * @param proved the password was an earlier stage: only the code is asked for
 */
export async function converse(ask: (prompt: string) => Promise<string>, name: string, accounts: Accounts, proved: boolean): Promise<boolean> {
  const right = proved || accounts.passwordRight(name, await ask('Password: '))
  const account = accounts.get(name)
  // Whether the password was right is not told before the code is in.
  if (account?.otp !== undefined && (await ask('Verification code: ')) !== account.otp) return false
  if (!right || !account) return false
  return account.mustChange === true ? await change(ask, name, accounts) : true
}

async function change(ask: (prompt: string) => Promise<string>, name: string, accounts: Accounts): Promise<boolean> {
  const old = await ask('You are required to change your password immediately (administrator enforced).\nChanging password for ' + name + '.\nCurrent password: ')
  if (!accounts.passwordRight(name, old)) return false
  let told = ''
  for (let i = 0; i < MAX_TRIES; i++) {
    const fresh = await ask(`${told}New password: `)
    if (fresh.length < MIN_LENGTH) {
      told = `BAD PASSWORD: The password is shorter than ${MIN_LENGTH} characters\n`
      continue
    }
    if ((await ask('Retype new password: ')) !== fresh) {
      told = 'Sorry, passwords do not match.\n'
      continue
    }
    const account = accounts.get(name)
    if (account) accounts.set({ ...account, password: fresh, mustChange: false })
    return account !== undefined
  }
  return false
}
