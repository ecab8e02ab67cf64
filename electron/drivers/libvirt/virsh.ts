// Why: every virsh command line is built here, as argv, from a UUID that was checked. A domain's name or any other
// text of the hypervisor never becomes an argument, so nothing can be taken for an option or a second command.
import { AppError } from '../../core/errors.ts'

/** Canonical spelling, as `virsh list --uuid` prints it. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Domains asked about in one virsh process: keeps the one argument far below Linux's 128 KiB per argument. */
export const MAX_BATCH = 200

export function isUuid(text: string): boolean {
  return UUID.test(text)
}

function checked(uuid: string): string {
  if (!UUID.test(uuid)) throw new AppError('desktop.not-found', 'not the UUID of a domain')
  return uuid
}

export interface Virsh {
  /** Prints the UUID of every domain, one a line. */
  listUuids(): readonly string[]
  /**
   * One process for everything that is known of some domains. Output, in this order: the UUIDs of domains with a
   * managed save image; `Domain: 'name'` blocks with `state.state=N` and `state.reason=N`; one XML document each.
   * virsh goes on after a command that failed, so a domain that vanished meanwhile costs only its own document.
   */
  inspect(uuids: readonly string[]): readonly string[]
  dumpXmlWithSecrets(uuid: string): readonly string[]
  /** Device XML on standard input. */
  updateDevice(uuid: string): readonly string[]
  start(uuid: string): readonly string[]
  resume(uuid: string): readonly string[]
  wakeUp(uuid: string): readonly string[]
}

/**
 * `command` is the configured virsh, split at blanks so that `sudo -n virsh` works; `connectUri` is what virsh
 * connects to ON the hypervisor. LC_ALL=C because a login may bring a language in which messages are translated.
 */
export function virshCommands(command: string, connectUri: string): Virsh {
  const words = command.split(/\s+/).filter((w) => w !== '')
  if (words.length === 0) throw new AppError('config.invalid', 'the virsh command is empty')
  const base = ['env', 'LC_ALL=C', ...words, '-q', '-c', connectUri]
  return {
    listUuids: () => [...base, 'list', '--all', '--uuid'],
    inspect: (uuids) => {
      const ids = uuids.map(checked)
      // With one argument virsh reads it as a list of commands separated by semicolons.
      const stats = ids.length === 1 ? `domstats --state ${ids[0]!}` : 'domstats --state'
      return [...base, ['list --all --uuid --with-managed-save', stats, ...ids.map((id) => `dumpxml ${id}`)].join('; ')]
    },
    dumpXmlWithSecrets: (uuid) => [...base, 'dumpxml', '--security-info', checked(uuid)],
    updateDevice: (uuid) => [...base, 'update-device', checked(uuid), '/dev/stdin', '--live'],
    start: (uuid) => [...base, 'start', checked(uuid)],
    resume: (uuid) => [...base, 'resume', checked(uuid)],
    wakeUp: (uuid) => [...base, 'dompmwakeup', checked(uuid)],
  }
}
