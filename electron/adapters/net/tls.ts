// Why: the one place where a certificate is believed. There is no switch that turns checking off; what counts as proof is
// data (TlsTrust): certificate authorities, one certificate, or a subject.
// How the parts of a TlsTrust combine: the chain must lead to `ca`, or to the system's authorities where neither `ca` nor
// `sha256` is given; `sha256` must be the certificate's; `subject` must be its subject; and the host's name counts only
// where neither `sha256` nor `subject` says more exactly who is meant.
import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { checkServerIdentity, connect, createSecureContext, getCACertificates, type ConnectionOptions, type PeerCertificate, type SecureContext, type TLSSocket } from 'node:tls'
import { AppError, toAppError } from '../../core/errors.ts'
import type { TlsTrust } from '../../core/ports/tls.ts'
import { isSubject, parseHostSubject, type SubjectPart } from '../../core/spice/host-subject.ts'
import { abandon, stage, type StageOptions } from './stage.ts'

/**
 * A TLS session inside `under`, whose server proved to be `host` as `trust` has it. Nothing was sent before. `under`
 * belongs to it from now on and is destroyed with it, and on failure.
 * Errors: tls.untrusted {why}, tls.expired {why}, tls.subject, tls.name, tls.fingerprint, tls.handshake {why}, cancelled.
 */
export function secure(under: Duplex, host: string, trust: TlsTrust, o: Omit<StageOptions, 'onTimeout'>): Promise<TLSSocket> {
  let options: ConnectionOptions
  try {
    options = tlsOptions(host, trust)
  } catch (cause) {
    abandon(under)
    return Promise.reject(toAppError(cause))
  }
  const onTimeout = (): AppError => handshakeError('timeout', `${host}: the handshake was not over within ${o.timeoutMs} ms`)
  return stage(under, { ...o, onTimeout }, (done, fail) => {
    const socket = connect({ ...options, socket: under })
    let proved = false
    const onError = (cause: Error): void => fail(cause instanceof AppError ? cause : tlsError(cause, host))
    // Where the other side hangs up without a word there may be no error.
    const onClose = (): void => fail(handshakeError('closed', `${host}: the connection was closed during the handshake`))
    const onSecure = (): void => {
      const wrong = options.rejectUnauthorized === false ? identityError(host, trust, socket.getPeerX509Certificate()) : undefined
      if (wrong !== undefined) return fail(wrong)
      proved = true
      done(socket)
    }
    socket.on('error', onError)
    socket.on('close', onClose)
    socket.on('secureConnect', onSecure)
    return () => {
      socket.on('error', () => {})
      socket.off('error', onError)
      socket.off('close', onClose)
      socket.off('secureConnect', onSecure)
      if (!proved) socket.destroy()
    }
  })
}

/**
 * Options for tls.connect; whoever uses them without `secure` must call `identityError` when `rejectUnauthorized` is
 * false (a fingerprint alone). Throws tls.subject for a subject that cannot be read, tls.untrusted {why: bad-authority} for
 * a `ca` that is no PEM.
 */
export function tlsOptions(host: string, trust: TlsTrust): ConnectionOptions {
  if (trust.subject !== undefined) subjectParts(trust.subject)
  return {
    minVersion: 'TLSv1.2',
    secureContext: contextOf(trust),
    // A fingerprint is the whole proof: the chain of a certificate that is known byte by byte adds nothing.
    rejectUnauthorized: trust.sha256 === undefined || trust.ca !== undefined,
    checkServerIdentity: (_name, cert: PeerCertificate) => identityError(host, trust, new X509Certificate(cert.raw)),
    // RFC 6066: names only. What a proxy alone understands is no name either.
    ...(isDnsName(host) && { servername: host }),
  }
}

/** What the certificate itself must say, beyond its chain. undefined: it is the one that is meant. */
export function identityError(host: string, trust: TlsTrust, cert: X509Certificate | undefined): AppError | undefined {
  if (cert === undefined) return new AppError('tls.untrusted', `${host}: the server has no certificate`, { params: { why: 'no-certificate' } })
  if (trust.sha256 !== undefined) {
    const actual = cert.fingerprint256.replaceAll(':', '').toLowerCase()
    if (actual !== trust.sha256.replaceAll(':', '').toLowerCase()) return new AppError('tls.fingerprint', `${host}: the certificate's SHA-256 is ${actual}`, { params: { sha256: actual } })
  }
  if (trust.subject !== undefined && !isSubject(subjectParts(trust.subject), cert.subject)) {
    const subject = cert.subject.replaceAll('\n', ',')
    return new AppError('tls.subject', `${host}: the certificate's subject is ${subject}, expected ${trust.subject}`, { params: { subject } })
  }
  if (trust.sha256 === undefined && trust.subject === undefined) {
    const wrong = checkServerIdentity(host, cert.toLegacyObject())
    if (wrong !== undefined) return new AppError('tls.name', `${host}: ${wrong.message}`, { params: { host } })
  }
  return undefined
}

function subjectParts(subject: string): readonly SubjectPart[] {
  const parts = parseHostSubject(subject)
  if ('message' in parts) throw new AppError('tls.subject', `the expected subject cannot be read: ${parts.message}`)
  return parts
}

let systemContext: SecureContext | undefined

function contextOf({ ca, sha256 }: TlsTrust): SecureContext {
  const rules = { minVersion: 'TLSv1.2', allowPartialTrustChain: true } as const
  // A configured authority may be an intermediate one, or the server's own certificate: it is trusted as it is.
  if (ca !== undefined) return createSecureContext({ ...rules, ca: certificatesOf(ca) })
  if (sha256 !== undefined) return createSecureContext({ ...rules, ca: [] })
  // Reading a hundred and fifty certificates for each channel anew would take longer than the handshake.
  systemContext ??= createSecureContext({ ...rules, ca: systemAuthorities() })
  return systemContext
}

/** A system without a store trusts nobody; the runtime's own list is not what IT maintains. */
function systemAuthorities(): string[] {
  try {
    return getCACertificates('system')
  } catch (cause) {
    throw new AppError('tls.untrusted', 'the certificate authorities of this system cannot be read', { cause, params: { why: 'bad-authority' } })
  }
}

/** The certificates of a PEM text. Node passes over what it cannot read, so that a damaged file would look like a wrong server. */
function certificatesOf(pem: string): string[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  try {
    for (const block of blocks) new X509Certificate(block)
  } catch (cause) {
    throw new AppError('tls.untrusted', 'a certificate of the configured authorities cannot be read', { cause, params: { why: 'bad-authority' } })
  }
  if (blocks.length === 0) throw new AppError('tls.untrusted', 'no certificate among the configured authorities', { params: { why: 'bad-authority' } })
  return blocks
}

function isDnsName(host: string): boolean {
  return isIP(host) === 0 && /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*\.?$/i.test(host)
}

/** OpenSSL's names of the reasons for which a chain is refused (openssl-verify(1), X509_V_ERR_*), as Node reports them. */
const WHY: Readonly<Record<string, 'self-signed' | 'unknown-authority' | 'revoked'>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'unknown-authority',
  UNABLE_TO_GET_ISSUER_CERT: 'unknown-authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unknown-authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unknown-authority',
  CERT_REVOKED: 'revoked',
}

/** A failure of tls.connect → tls.*. */
export function tlsError(cause: Error, host: string): AppError {
  const code = (cause as NodeJS.ErrnoException).code ?? ''
  const detail = `${host}: ${cause.message}`
  if (code === 'CERT_HAS_EXPIRED') return new AppError('tls.expired', detail, { cause, params: { why: 'expired' } })
  if (code === 'CERT_NOT_YET_VALID') return new AppError('tls.expired', detail, { cause, params: { why: 'not-yet-valid' } })
  if (Object.hasOwn(WHY, code)) return new AppError('tls.untrusted', detail, { cause, params: { why: WHY[code]! } })
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return new AppError('tls.name', detail, { cause, params: { host } })
  // What is left of OpenSSL's reasons: damaged, too weak, for another purpose, a CA that may be none.
  if (!/^(E[A-Z]+$|EPROTO|ERR_)/.test(code) && /CERT|_CA|PURPOSE|KEY_TOO|TOO_WEAK|PATH_LENGTH|SUBJECT|ISSUER|CRL|UNSPECIFIED/.test(code)) return new AppError('tls.untrusted', detail, { cause, params: { why: 'bad-certificate' } })
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|RECORD_LAYER/.test(code)) return handshakeError('no-tls', `${detail} (does the port speak TLS?)`, cause)
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|HANDSHAKE_FAILURE|NO_SHARED_CIPHER|NO_PROTOCOLS/.test(code)) return handshakeError('too-old', `${detail} (TLS 1.2 or later is needed)`, cause)
  return handshakeError('closed', detail, cause)
}

function handshakeError(why: 'timeout' | 'closed' | 'no-tls' | 'too-old', detail: string, cause?: Error): AppError {
  return new AppError('tls.handshake', detail, { ...(cause !== undefined && { cause }), params: { why } })
}
