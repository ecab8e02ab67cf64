// Why: Proxmox VE knows people as NAME@REALM and wants it in one word; what was typed is taken apart once, because the
// guest wants the name alone.
import { AppError } from '../../core/errors.ts'

/** Longest user id, characters. Source: api-viewer, POST /access/ticket, username. */
const MAX = 64

export interface LoginName {
  readonly name: string
  readonly realm: string
  /** NAME@REALM */
  readonly userid: string
}

/** @param realm where none is typed; the last @ separates, since names of a directory may hold one. Throws auth.input. */
export function loginName(typed: string, realm: string): LoginName {
  if (typed === '') throw new AppError('auth.input', 'the user name is empty')
  if (/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(typed)) throw new AppError('auth.input', 'the user name contains a control character')
  const [, before, after] = /^(.+)@([^@]+)$/s.exec(typed) ?? []
  const name = before ?? typed
  const given = after ?? realm
  const userid = `${name}@${given}`
  if ([...userid].length > MAX) throw new AppError('auth.input', `the user name with its realm has more than ${MAX} characters`)
  return { name, realm: given, userid }
}
