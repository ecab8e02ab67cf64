// Why: Electron's Node is built on BoringSSL, ours in tests on OpenSSL. Only what both have may be negotiated, or the
// product would work here and fail at the customer's. Hence no chacha20 (BoringSSL's is not the OpenSSH construction
// that ssh2 asks for), no finite-field Diffie-Hellman, no SHA-1, no compression.

/** In order of preference: curve25519 is one hash and one multiplication. */
export const KEX = ['curve25519-sha256', 'curve25519-sha256@libssh.org', 'ecdh-sha2-nistp256'] as const

export const HOST_KEY = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'rsa-sha2-512', 'rsa-sha2-256'] as const
export type HostKeyAlgorithm = (typeof HOST_KEY)[number]

export const CIPHER = ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes256-ctr', 'aes192-ctr', 'aes128-ctr'] as const

export const MAC = ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'] as const

/** Key type of a known_hosts line → signature algorithms that prove it. */
const BY_KEY_TYPE: Readonly<Record<string, readonly HostKeyAlgorithm[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
}

/**
 * Algorithms to offer, those of the pinned key types first: otherwise a host pinned by its RSA key would present its
 * ed25519 key and look like another host. The rest stays on offer so that a host that lost the pinned key is
 * reported as changed, not as unable to negotiate.
 */
export function hostKeyOrder(pinnedTypes: readonly string[]): HostKeyAlgorithm[] {
  const first = HOST_KEY.filter((a) => pinnedTypes.some((t) => Object.hasOwn(BY_KEY_TYPE, t) && BY_KEY_TYPE[t]!.includes(a)))
  return [...first, ...HOST_KEY.filter((a) => !first.includes(a))]
}
