// Why: the operating system inside a simulated machine: who has an account, who is signed in, is the screen locked.
// The password is really compared, so a double that "always works" can't hide a broken transfer.
import { createHash, timingSafeEqual } from 'node:crypto'

export interface GuestAccount {
  readonly name: string
  readonly password: string
}

export interface GuestOptions {
  /** Decides name comparison, length limits and which messages the agent knows. Default linux. */
  readonly flavour?: 'windows' | 'linux'
  readonly accounts?: readonly GuestAccount[]
  /** Somebody who is signed in when the machine comes up. */
  readonly signedIn?: string
  readonly hostName?: string
}

/**
 * Bytes of UTF-8 for name + password that survive the way to the login screen: the oVirt agent packs a 4-byte length
 * and a NUL around them; its Linux reader takes 256 bytes, its Windows pipe 1024.
 */
export const credentialLimit = { linux: 251, windows: 1019 } as const

export class Guest {
  readonly flavour: 'windows' | 'linux'
  readonly hostName: string
  readonly #accounts: readonly GuestAccount[]
  readonly #atBoot: string | undefined
  #user: string | undefined
  #locked = false
  readonly #listeners: (() => void)[] = []

  constructor(options: GuestOptions, defaultHostName: string) {
    this.flavour = options.flavour ?? 'linux'
    this.hostName = options.hostName ?? defaultHostName
    this.#accounts = options.accounts ?? []
    this.#atBoot = options.signedIn
  }

  get user(): string | undefined {
    return this.#user
  }
  get locked(): boolean {
    return this.#locked
  }
  onChange(fn: () => void): void {
    this.#listeners.push(fn)
  }
  /** Fresh boot: only the configured person (if any) is signed in. */
  boot(): void {
    this.#set(this.#atBoot, false)
  }

  /** The account that these credentials open, or undefined. Too long for the way inside is the same as wrong. */
  check(name: string, password: string): string | undefined {
    if (Buffer.byteLength(name) + Buffer.byteLength(password) > credentialLimit[this.flavour]) return undefined
    const account = this.#accounts.find((a) => this.#sameName(a.name, name))
    // Digests, so that lengths need not match for a comparison in constant time.
    const ok = timingSafeEqual(digest(account?.password ?? ''), digest(password))
    return account && ok ? account.name : undefined
  }
  signIn(user: string): void {
    this.#set(user, false)
  }
  signOut(): void {
    this.#set(undefined, false)
  }
  lock(): void {
    if (this.#user !== undefined) this.#set(this.#user, true)
  }
  unlock(): void {
    if (this.#user !== undefined) this.#set(this.#user, false)
  }

  #sameName(a: string, b: string): boolean {
    return this.flavour === 'windows' ? a.toLowerCase() === b.toLowerCase() : a === b
  }
  #set(user: string | undefined, locked: boolean): void {
    this.#user = user
    this.#locked = locked
    for (const fn of this.#listeners) fn()
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest()
