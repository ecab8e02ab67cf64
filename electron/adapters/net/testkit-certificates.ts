// Why: tests of trust need certificates that are wrong in exactly one way, made when the test runs, so that none of them
// is ever trusted anywhere and none runs out in the repository.
// tsyringe, which @peculiar/x509 uses, wants reflect-metadata to be there first.
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

const ALGORITHM = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 } as const
const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY = 86_400_000

export interface Issued {
  /** PEM of the certificate itself. */
  readonly cert: string
  /** PKCS#8 PEM. */
  readonly key: string
  /** 64 hex digits in lower case. */
  readonly sha256: string
}

export interface Authority extends Issued {
  issue(options?: IssueOptions): Promise<Issued>
  /** Another authority below this one. */
  intermediate(subject: string): Promise<Authority>
}

export interface IssueOptions {
  /** RFC 4514, but in the order of the encoding: "O=Lab, CN=display". Default CN=display.example. */
  readonly subject?: string
  /** Host names and IP addresses. */
  readonly names?: readonly string[]
  /** Days from now. */
  readonly from?: number
  readonly until?: number
  /** spice-server reads RSA keys only. */
  readonly rsa?: boolean
}

type Keys = webcrypto.CryptoKeyPair

export async function authority(subject = 'O=Latchkey tests, CN=Test CA'): Promise<Authority> {
  const keys = await generate(true)
  const cert = await x509.X509CertificateGenerator.createSelfSigned({ ...common(subject, -1, 10), name: subject, keys, signingAlgorithm: ALGORITHM, extensions: caExtensions() }, webcrypto)
  return await asAuthority(cert, keys)
}

/** A server's certificate that nobody but itself has signed. */
export async function selfSigned(options: IssueOptions = {}): Promise<Issued> {
  const { subject = 'CN=display.example' } = options
  const keys = await generate(options.rsa === true)
  const cert = await x509.X509CertificateGenerator.createSelfSigned({ ...common(subject, options.from, options.until), name: subject, keys, signingAlgorithm: options.rsa === true ? ALGORITHM : EC, extensions: leafExtensions(options) }, webcrypto)
  return await issued(cert, keys)
}

async function asAuthority(cert: x509.X509Certificate, keys: Keys): Promise<Authority> {
  const sign = { issuer: cert.subject, signingKey: keys.privateKey, signingAlgorithm: ALGORITHM }
  return {
    ...(await issued(cert, keys)),
    issue: async (options = {}) => {
      const { subject = 'CN=display.example' } = options
      const own = await generate(options.rsa === true)
      const made = await x509.X509CertificateGenerator.create({ ...common(subject, options.from, options.until), ...sign, publicKey: own.publicKey, extensions: leafExtensions(options) }, webcrypto)
      return await issued(made, own)
    },
    intermediate: async (subject) => {
      const own = await generate(true)
      const made = await x509.X509CertificateGenerator.create({ ...common(subject, -1, 10), ...sign, publicKey: own.publicKey, extensions: caExtensions() }, webcrypto)
      return await asAuthority(made, own)
    },
  }
}

function generate(rsa: boolean): Promise<Keys> {
  return webcrypto.subtle.generateKey(rsa ? ALGORITHM : EC, true, ['sign', 'verify'])
}

function common(subject: string, from = -1, until = 10): { subject: string; serialNumber: string; notBefore: Date; notAfter: Date } {
  const now = Date.now()
  return { subject, serialNumber: `0${webcrypto.randomUUID().replaceAll('-', '').slice(1)}`, notBefore: new Date(now + from * DAY), notAfter: new Date(now + until * DAY) }
}

function caExtensions(): x509.Extension[] {
  return [new x509.BasicConstraintsExtension(true, undefined, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true)]
}

function leafExtensions({ names = [] }: IssueOptions): x509.Extension[] {
  const general = names.map((value) => ({ type: /^[0-9.]+$|:/.test(value) ? ('ip' as const) : ('dns' as const), value }))
  return [new x509.BasicConstraintsExtension(false, undefined, true), ...(general.length > 0 ? [new x509.SubjectAlternativeNameExtension(general)] : [])]
}

async function issued(cert: x509.X509Certificate, keys: Keys): Promise<Issued> {
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`
  return { cert: `${cert.toString('pem')}\n`, key, sha256: Buffer.from(await cert.getThumbprint('SHA-256', webcrypto)).toString('hex') }
}
