// Why: ssh2 1.17 answers SSH_MSG_USERAUTH_PASSWD_CHANGEREQ (RFC 4252, 8) with the password of its configuration, which we
// never give it, and counts the request a second time. The few lines that reach into it for that are here and nowhere else.
import type { Client as Ssh2Client } from 'ssh2'

interface Inside {
  readonly config: { password?: string | undefined }
  readonly _protocol: { readonly _authsQueue: string[] }
}

/** Sends the old and the new password; `done` is the callback of ssh2's 'change password'. */
export function answerPasswordChange(client: Ssh2Client, old: string, fresh: string, done: (fresh: string) => void): void {
  const { config, _protocol: protocol } = client as unknown as Inside
  protocol._authsQueue.shift()
  config.password = old
  try {
    done(fresh)
  } finally {
    config.password = undefined
  }
}
