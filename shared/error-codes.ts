// Why: every failure a person or an administrator can meet is one row of one closed table, so that
// no screen, log line or exit code is ever decided by matching the text of a message.

/** What a person can do next; the words live in the catalogue under `error.<code>.*`. */
export type RetryAdvice = 'now' | 'auto' | 'never'
export type Severity = 'blocked' | 'error' | 'warning'

export interface ErrorFacts {
  readonly severity: Severity
  readonly retry: RetryAdvice
  /** Process exit code where the error ends the process (sysexits.h numbers; 0 = never ends it). */
  readonly exit: number
}

const f = (severity: Severity, retry: RetryAdvice, exit = 0): ErrorFacts => ({ severity, retry, exit })

/** The closed table. Adding a row demands three catalogue texts (a test checks). */
export const errorTable = {
  'config.missing': f('blocked', 'never', 78),
  'config.invalid': f('blocked', 'never', 78),
  'config.untrusted-file': f('blocked', 'never', 78),
  'cli.usage': f('error', 'never', 64),

  'auth.rejected': f('error', 'now'),
  'auth.locked': f('error', 'never'),
  'auth.input': f('error', 'now'),
  'auth.unsupported': f('error', 'never'),
  'auth.challenge-rejected': f('error', 'now'),
  'auth.challenge-timeout': f('error', 'now'),
  'auth.expired': f('error', 'never'),
  'auth.unsafe-characters': f('error', 'never'),

  'ssh.unreachable': f('error', 'now', 69),
  'ssh.refused': f('error', 'now', 69),
  'ssh.timeout': f('error', 'now', 69),
  'ssh.handshake': f('error', 'now', 69),
  'ssh.lost': f('error', 'now', 69),
  'ssh.host-key-unknown': f('error', 'never', 77),
  'ssh.host-key-changed': f('error', 'never', 77),
  'ssh.device-key': f('error', 'never', 77),
  'ssh.forward-denied': f('error', 'never'),
  'ssh.forward-failed': f('error', 'now'),
  'ssh.exec-failed': f('error', 'now'),

  'http.unreachable': f('error', 'now', 69),
  'http.refused': f('error', 'now', 69),
  'http.timeout': f('error', 'now', 69),
  'http.lost': f('error', 'now', 69),

  'hypervisor.denied': f('error', 'never'),
  'hypervisor.protocol': f('error', 'now'),
  'hypervisor.unavailable': f('error', 'now'),
  'hypervisor.session-ended': f('error', 'now'),
  'hypervisor.redirect': f('error', 'never'),

  'desktop.none-assigned': f('error', 'now'),
  'desktop.not-found': f('error', 'now'),
  'desktop.start-failed': f('error', 'now'),
  'desktop.start-timeout': f('error', 'now'),
  'desktop.no-spice': f('error', 'never'),
  'desktop.pool-empty': f('error', 'now'),
  'desktop.maintenance': f('error', 'now'),
  'desktop.action-failed': f('error', 'now'),

  'agent.no-channel': f('warning', 'never'),
  'agent.channel-denied': f('warning', 'never'),
  'agent.channel-busy': f('warning', 'now'),
  'agent.silent': f('warning', 'now'),
  'agent.refused': f('warning', 'now'),
  'agent.other-user': f('warning', 'never'),
  'agent.not-confirmed': f('warning', 'now'),
  'agent.credentials-too-long': f('warning', 'never'),
  'agent.credentials-invalid': f('warning', 'never'),
  'agent.lost': f('warning', 'now'),
  'agent.password-gone': f('warning', 'never'),
  'agent.start-only': f('warning', 'never'),

  'spice.ticket-refused': f('error', 'now', 77),
  'spice.ticket-set-failed': f('error', 'now'),
  'spice.display-closed': f('error', 'now', 68),
  'spice.link-failed': f('error', 'now', 76),
  'spice.timeout': f('error', 'now', 75),
  'spice.lost': f('error', 'now', 74),
  'spice.channel-denied': f('error', 'never'),

  'spice.file-used': f('error', 'now'),

  'vv.invalid': f('error', 'never', 65),
  'vv.missing': f('error', 'never', 66),

  'tls.untrusted': f('error', 'never', 69),
  'tls.expired': f('error', 'never', 69),
  'tls.subject': f('error', 'never', 69),
  'tls.name': f('error', 'never', 69),
  'tls.fingerprint': f('error', 'never', 69),
  'tls.handshake': f('error', 'now', 69),

  'proxy.unreachable': f('error', 'now', 69),
  'proxy.sign-in': f('error', 'never', 69),
  'proxy.denied': f('error', 'now', 69),
  'proxy.failed': f('error', 'now', 69),

  'shell.unavailable': f('error', 'never', 69),
  'shell.renderer-crashed': f('error', 'auto', 70),
  'shell.display-gone': f('error', 'auto', 75),
  'power.denied': f('error', 'never'),
  'power.failed': f('error', 'now'),
  'ipc.malformed': f('error', 'never', 70),
  'ipc.refused': f('error', 'never', 70),
  'cancelled': f('warning', 'now', 130),
  'secret.disposed': f('error', 'now', 70),
  'internal.bug': f('error', 'now', 70),
} as const satisfies Record<string, ErrorFacts>

export type ErrorCode = keyof typeof errorTable
export const errorCodes = Object.keys(errorTable) as ErrorCode[]
export const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(errorTable, text)
export const factsOf = (code: ErrorCode): ErrorFacts => errorTable[code]
