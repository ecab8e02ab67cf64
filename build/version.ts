// Why: the version is said in one place, package.json.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export function version(): string {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as { version: string }
  return version
}
