// Why: the half ticket of a first step tells which second steps the person has; a kiosk can carry those that are typed.
// Format: PVE:!tfa!{JSON, URL-encoded}:TIMESTAMP::SIGNATURE; the answer is METHOD:VALUE.
// Source: administration guide, Two-Factor Authentication; the login window of pve-manager reads it the same way.
import { AppError } from '../../core/errors.ts'
import type { Challenge } from '../../core/ports/driver.ts'
import type { Secret } from '../../core/secret.ts'
import { z } from 'zod'

export interface SecondFactors {
  readonly totp: boolean
  readonly recovery: boolean
  readonly yubico: boolean
}

const Methods = z.object({ totp: z.unknown().optional(), recovery: z.unknown().optional(), yubico: z.unknown().optional(), webauthn: z.unknown().optional(), u2f: z.unknown().optional() })

/** Errors: auth.unsupported where only a key on USB would do, hypervisor.protocol. */
export function secondFactors(ticket: string): SecondFactors {
  const [, encoded] = /^[A-Z]+:!tfa!([^:]+):/.exec(ticket) ?? []
  let methods
  try {
    methods = Methods.parse(JSON.parse(decodeURIComponent(encoded ?? '')))
  } catch (cause) {
    throw new AppError('hypervisor.protocol', 'the server asks for a second step and does not say which', { cause })
  }
  // Of the recovery keys it names those that are left, in one version as a list, in another as a word.
  const { recovery } = methods
  const left = Array.isArray(recovery) ? recovery.length > 0 : recovery !== undefined && recovery !== null && recovery !== false && recovery !== 'unavailable'
  const factors = { totp: methods.totp === true || methods.totp === 1, recovery: left, yubico: methods.yubico === true || methods.yubico === 1 }
  if (!factors.totp && !factors.recovery && !factors.yubico) throw new AppError('auth.unsupported', `the second step of this account (${Object.keys(methods).join(', ')}) needs a security key, which cannot be used here`)
  return factors
}

/** The names are those under which the server's own pages have them. */
export function challengeOf(factors: SecondFactors): Challenge {
  if (factors.totp) return { kind: 'totp', prompt: '' }
  return { kind: 'text', prompt: factors.yubico ? 'Yubico OTP' : 'Recovery Key' }
}

/** The answer as bytes that are made when they are sent. */
export function answerOf(factors: SecondFactors, answer: Secret): () => Buffer {
  return () =>
    answer.use((typed) => {
      const method = methodOf(factors, typed)
      const out = Buffer.allocUnsafeSlow(method.length + 1 + typed.length)
      out.write(`${method}:`, 'latin1')
      typed.copy(out, method.length + 1)
      return out
    })
}

/** A code of an app is digits alone; a recovery key is four groups of hexadecimal digits; anything else comes from a YubiKey. */
function methodOf({ totp, recovery, yubico }: SecondFactors, typed: Buffer): 'totp' | 'recovery' | 'yubico' {
  const isKey = typed.length === 19 && [4, 9, 14].every((at) => typed[at] === 0x2d)
  if (recovery && (isKey || (!totp && !yubico))) return 'recovery'
  return totp ? 'totp' : 'yubico'
}
