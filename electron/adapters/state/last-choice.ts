// Why: the next person at this device usually signs in at the same endpoint. Only the endpoint is kept, and the name only
// where IT says so; nothing here is needed, so nothing that is wrong with the file may ever stop a sign-in.
import { closeSync, constants, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'

const Kept = z.object({ endpoint: z.string().max(64), user: z.string().max(256).optional() })
export type LastChoice = z.infer<typeof Kept>

const MAX_BYTES = 4096

/** `$XDG_STATE_HOME/latchkey`, by default below the home directory (XDG base directory specification 0.8). */
export function stateFolder(env: NodeJS.ProcessEnv = process.env): string {
  const home = env['XDG_STATE_HOME']
  return join(home?.startsWith('/') === true ? home : join(env['HOME'] ?? homedir(), '.local', 'state'), 'latchkey')
}

export class LastChoiceFile {
  readonly #folder: string

  constructor(folder: string = stateFolder()) {
    this.#folder = folder
  }

  /** undefined: nothing usable is kept. */
  read(): LastChoice | undefined {
    try {
      const fd = openSync(join(this.#folder, 'last.json'), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
      try {
        const text = readFileSync(fd, 'utf8')
        return text.length > MAX_BYTES ? undefined : Kept.parse(JSON.parse(text))
      } finally {
        closeSync(fd)
      }
    } catch {
      return undefined
    }
  }

  /** Replaces what is kept, whole or not at all. @returns false when it could not be written */
  write(choice: LastChoice): boolean {
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
      const file = join(this.#folder, 'last.json')
      writeFileSync(`${file}.new`, `${JSON.stringify(choice)}\n`, { mode: 0o600, flush: true })
      renameSync(`${file}.new`, file)
      return true
    } catch {
      return false
    }
  }
}
