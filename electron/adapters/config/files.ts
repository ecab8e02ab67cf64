// Why: drivers name files of the configuration; here they are read, under the same rules as the configuration itself.
import { readFileSync, fstatSync, openSync, closeSync, constants } from 'node:fs'
import { AppError } from '../../core/errors.ts'
import type { ConfiguredFiles } from '../../core/ports/files.ts'
import type { Redactor } from '../../core/redactor.ts'
import { Secret } from '../../core/secret.ts'
import { CA_RULES, TOKEN_RULES, type FileRules } from '../ssh/trusted-file.ts'

export function configuredFiles(redactor: Redactor): ConfiguredFiles {
  return {
    text: (path) => read(path, CA_RULES).toString('utf8'),
    secret: (path) => {
      const bytes = read(path, TOKEN_RULES)
      const secret = Secret.from(bytes.toString('utf8').replace(/\r?\n$/, ''), redactor)
      bytes.fill(0)
      if (secret.byteLength > 0) return secret
      secret.dispose()
      throw new AppError('config.invalid', `${TOKEN_RULES.what} ${path} is empty`)
    },
  }
}

/** Read from the descriptor that was checked; a link is followed, as IT may point one at its store of certificates. */
function read(path: string, rules: FileRules): Buffer {
  let fd
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new AppError(code === 'ENOENT' ? rules.missing : rules.untrusted, `${rules.what} ${path} cannot be read: ${code ?? 'error'}`, { cause })
  }
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) throw new AppError(rules.untrusted, `${rules.what} ${path} is not a regular file`)
    if ((stat.mode & rules.forbiddenMode) !== 0) throw new AppError(rules.untrusted, `${rules.what} ${path} has the mode ${(stat.mode & 0o777).toString(8)}; none of ${rules.forbiddenMode.toString(8)} may be set`)
    if (stat.size > rules.maxBytes) throw new AppError(rules.untrusted, `${rules.what} ${path} is larger than ${rules.maxBytes} bytes`)
    return readFileSync(fd)
  } finally {
    closeSync(fd)
  }
}
