// Why: demo, bench and end-to-end tests give the kiosk a real configuration directory, read and checked like any other.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { ConfigInput } from '../../shared/config/schema.ts'

export interface ConfigDir {
  /** For --config-dir. */
  readonly dir: string
  /** Absolute path of a file beside the configuration, with the given text and mode. */
  file(name: string, text: string, mode?: number): string
  write(config: ConfigInput | string, name?: string): void
  remove(): void
}

/** A private directory (0700) of the invoking user. */
export function makeConfigDir(): ConfigDir {
  const base = mkdtempSync(join(tmpdir(), 'latchkey-config-'))
  const dir = join(base, 'config.d')
  mkdirSync(dir, { mode: 0o700 })
  return {
    dir,
    file(name, text, mode = 0o600) {
      const path = join(base, name)
      writeFileSync(path, text, { mode })
      chmodSync(path, mode)
      return path
    },
    write(config, name = '10-endpoints.yaml') {
      writeFileSync(join(dir, name), typeof config === 'string' ? config : stringify(config), { mode: 0o600 })
    },
    remove: () => rmSync(base, { recursive: true, force: true }),
  }
}
