// Why: which options each virsh command takes. A command or option that the real one has and this table has not fails
// as an unknown one does, so a driver that starts to use it is noticed at once.

export interface CommandShape {
  readonly flags: readonly string[]
  /** Required, also by position, in this order. */
  readonly data: readonly string[]
  /** `--name value` only. */
  readonly options: readonly string[]
  /** Optional, also by position after `data`. */
  readonly positional?: readonly string[]
  /** Takes any number of further words. */
  readonly many?: boolean
}

const onDomain = (flags: readonly string[] = [], options: readonly string[] = []): CommandShape => ({ flags, data: ['domain'], options })

export const commandTable = {
  'list': { flags: ['all', 'inactive', 'uuid', 'name', 'id', 'table', 'title', 'managed-save', 'with-managed-save', 'without-managed-save', 'state-running', 'state-paused', 'state-shutoff', 'state-other', 'persistent', 'transient'], data: [], options: [] },
  'dumpxml': onDomain(['inactive', 'security-info', 'update-cpu', 'migratable']),
  'domstate': onDomain(['reason']),
  'domstats': { flags: ['state', 'raw', 'enforce', 'nowait', 'list-active', 'list-inactive'], data: [], options: [], many: true },
  'start': onDomain(['paused', 'bypass-cache', 'force-boot', 'autodestroy']),
  'resume': onDomain(),
  'suspend': onDomain(),
  'dompmwakeup': onDomain(),
  'managedsave': onDomain(['bypass-cache', 'running', 'paused', 'verbose']),
  'shutdown': onDomain([], ['mode']),
  'destroy': onDomain(['graceful']),
  'metadata': { flags: ['config', 'live', 'current'], data: ['domain', 'uri'], options: ['key'] },
  'update-device': { flags: ['persistent', 'config', 'live', 'current', 'force'], data: ['domain', 'file'], options: [] },
  'domdisplay': onDomain(['include-password', 'all'], ['type']),
  'domuuid': onDomain(),
  'domname': onDomain(),
  'domid': onDomain(),
  'dominfo': onDomain(),
  'version': { flags: ['daemon'], data: [], options: [] },
  'uri': { flags: [], data: [], options: [] },
  'hostname': { flags: [], data: [], options: [] },
  'quit': { flags: [], data: [], options: [] },
  'exit': { flags: [], data: [], options: [] },
} as const satisfies Record<string, CommandShape>

export type CommandName = keyof typeof commandTable
