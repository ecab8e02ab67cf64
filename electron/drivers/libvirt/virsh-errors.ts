// Why: virsh tells failures by text only. The few sentences that we must tell apart are matched here and nowhere else;
// everything else stays a general failure with libvirt's words in the detail.
import { AppError } from '../../core/errors.ts'
import type { ExecResult } from '../../core/ports/ssh.ts'
import type { ErrorCode } from '../../../shared/error-codes.ts'

/** virsh says this first when it reached no libvirt at all; the next line says why. */
const NOT_CONNECTED = /^error: failed to connect to the hypervisor/im
/** libvirtd went away under virsh. */
const DISCONNECTED = /^error: (end of file while reading data|cannot (recv|write) data|disconnected from |unable to connect to server)/im
/** polkit (libvirt's src/util/virpolkit.c) and access drivers (viraccessmanager), at the beginning of a line of virsh's own. */
const DENIED = /^error: (authentication (unavailable|failed|cancelled)|access denied|operation forbidden)/im
/** Of the socket. Elsewhere these words speak of a VM's own files: a disk that QEMU may not open is no lack of rights of ours. */
const SOCKET_DENIED = /permission denied|operation not permitted/i
const NOT_FOUND = /^error: (failed to get domain|domain not found|no domain with matching)/im
const ALREADY = /already (active|running)|not (paused|suspended)/i

/** sshd lets an account with an expired password in, and then refuses every command. */
const EXPIRED = /password change required|password has expired/i

export type VirshFailure = 'expired' | 'denied' | 'unavailable' | 'not-found' | 'already' | 'other'

export function classify(result: ExecResult): VirshFailure {
  // 126 and 127: the shell could not run, or did not find, the command.
  if (result.code === 126 || result.code === 127) return 'unavailable'
  if (EXPIRED.test(result.stderr)) return 'expired'
  const unconnected = NOT_CONNECTED.test(result.stderr)
  if (DENIED.test(result.stderr) || (unconnected && SOCKET_DENIED.test(result.stderr))) return 'denied'
  if (unconnected || DISCONNECTED.test(result.stderr)) return 'unavailable'
  if (NOT_FOUND.test(result.stderr)) return 'not-found'
  if (ALREADY.test(result.stderr)) return 'already'
  return 'other'
}

const CODES: Readonly<Record<VirshFailure, ErrorCode>> = {
  'expired': 'auth.locked',
  'denied': 'hypervisor.denied',
  'unavailable': 'hypervisor.unavailable',
  'not-found': 'desktop.not-found',
  'already': 'hypervisor.protocol',
  'other': 'hypervisor.protocol',
}

/** The error for a failed command that has no code of its own (`other`). */
export function virshError(doing: string, result: ExecResult, other?: ErrorCode): AppError {
  const failure = classify(result)
  const code = (failure === 'other' || failure === 'already') && other !== undefined ? other : CODES[failure]
  return new AppError(code, `${doing}: ${virshMessage(result)}`)
}

/** libvirt's own words on one line, for the log. */
export function virshMessage(result: ExecResult): string {
  const words = result.stderr.replace(/^error: /gm, '').replace(/\s+/g, ' ').trim()
  return words === '' ? `exit status ${result.code ?? 'none (killed)'}` : words.slice(0, 2000)
}
