// Why: host and device keys are made at start and only ever live in memory; whoever needs one in a file writes it there.
import ssh2, { type ParsedKey } from 'ssh2'

export interface KeyPair {
  /** OpenSSH private key file text. */
  readonly privateKey: string
  /** `ssh-ed25519 AAAA… comment`, as in authorized_keys. */
  readonly publicKey: string
}

/** ed25519: short, quick to make, and in OpenSSL as well as in BoringSSL. */
export function generateKeyPair(comment: string): KeyPair {
  // About one in a hundred of ssh2's own key files is one that ssh2 cannot read (seen: "Malformed OpenSSH private key").
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment })
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return { privateKey: pair.private, publicKey: pair.public }
  }
}

/** One known_hosts line; a port other than 22 goes into brackets, as ssh does it. */
export function knownHostsLine(host: string, port: number, key: KeyPair): string {
  const parsed = ssh2.utils.parseKey(key.publicKey) as ParsedKey
  return `${port === 22 ? host : `[${host}]:${port}`} ${parsed.type} ${parsed.getPublicSSH().toString('base64')}\n`
}
