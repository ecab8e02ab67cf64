// Why: drivers name files of the configuration; here they are read, under the same rules as the configuration itself.
import { readFileSync, fstatSync, openSync, closeSync, constants } from 'node:fs'
import { AppError } from '../../core/errors.ts'
import type { ConfiguredFiles } from '../../core/ports/files.ts'
import type { Redactor } from '../../core/redactor.ts'
import { Secret } from '../../core/secret.ts'
import { assertRules, CA_RULES, TOKEN_RULES, unreadable, type FileRules } from '../ssh/trusted-file.ts'

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
    throw unreadable(path, cause as NodeJS.ErrnoException, rules)
  }
  try {
    assertRules(path, fstatSync(fd), rules)
    return readFileSync(fd)
  } finally {
    closeSync(fd)
  }
}
