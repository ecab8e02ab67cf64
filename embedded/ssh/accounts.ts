// Why: what sshd, PAM and the hypervisor's rules let an account do, in one plain description per person.
import ssh2, { type ParsedKey } from 'ssh2'
import { createHash, timingSafeEqual } from 'node:crypto'
import type { LibvirtRights } from '../virsh/commands.ts'

export type AuthMethod = 'publickey' | 'password' | 'keyboard-interactive'

export interface AccountRights {
  /** As sshd's AllowStreamLocalForwarding. Default true. */
  readonly streamLocal?: boolean
  /** As AllowTcpForwarding with PermitOpen on the display ports. Default true. */
  readonly tcp?: boolean
  /** Programs the account's shell runs. Default: all there are. `none`: exec requests are turned down. */
  readonly exec?: 'all' | 'none' | readonly string[]
  /** May connect to the channels' sockets (mode 0775, group of the hypervisor). Default true. */
  readonly channelSockets?: boolean
  /** Default: manage everything. */
  readonly libvirt?: LibvirtRights
}

export interface AccountOptions {
  readonly name: string
  readonly password?: string
  /** Lines as in authorized_keys. */
  readonly publicKeys?: readonly string[]
  /**
   * locked: `passwd -l`, a right password is answered like a wrong one. expired: the password is right, PAM's account
   * phase says no: a banner, then the connection ends without an answer (measured with OpenSSH 9.2).
   */
  readonly state?: 'ok' | 'locked' | 'expired'
  /** Methods sshd offers. Default: all three. */
  readonly methods?: readonly AuthMethod[]
  /** As AuthenticationMethods with one list: every one of them, in this order. Wins over `methods`. */
  readonly stages?: readonly AuthMethod[]
  /** PAM wants this code after the password (after a stage `password`: alone), by keyboard-interactive only. */
  readonly otp?: string
  /** As `chage -d 0`: by keyboard-interactive the password is changed on the way in (8 characters at least, three tries). */
  readonly mustChange?: boolean
  readonly groups?: readonly string[]
  readonly rights?: AccountRights
}

export const EXPIRED_BANNER = 'Your account has expired; please contact your system administrator.\n'
export const ALL_METHODS: readonly AuthMethod[] = ['publickey', 'password', 'keyboard-interactive']

export class Accounts {
  readonly #all: Map<string, AccountOptions>
  readonly #keys = new Map<string, readonly ParsedKey[]>()

  constructor(accounts: readonly AccountOptions[]) {
    this.#all = new Map(accounts.map((a) => [a.name, a]))
    for (const a of accounts) this.#keys.set(a.name, (a.publicKeys ?? []).map(parsePublicKey))
  }
  get(name: string): AccountOptions | undefined {
    return this.#all.get(name)
  }
  /** Replaces or adds one, for tests that change rights while the hypervisor runs. */
  set(account: AccountOptions): void {
    this.#all.set(account.name, account)
    this.#keys.set(account.name, (account.publicKeys ?? []).map(parsePublicKey))
  }
  passwordRight(name: string, given: string): boolean {
    const a = this.#all.get(name)
    const digest = (t: string) => createHash('sha256').update(t, 'utf8').digest()
    const equal = timingSafeEqual(digest(a?.password ?? ''), digest(given))
    return equal && a?.password !== undefined && a.state !== 'locked'
  }
  /** The account's own key with these public bytes. */
  key(name: string, publicBytes: Buffer): ParsedKey | undefined {
    return this.#keys.get(name)?.find((k) => k.getPublicSSH().equals(publicBytes))
  }
}

function parsePublicKey(line: string): ParsedKey {
  const key = ssh2.utils.parseKey(line)
  if (key instanceof Error) throw new Error(`not a public key line: ${key.message}`)
  return key
}
