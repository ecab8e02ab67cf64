// Why: shows the configuration that is in force, so that nobody has to merge files and defaults in the head.
import { stringify } from 'yaml'
import type { LoadedConfig } from './load.ts'
import { formatPath, type ConfigPath } from './merge.ts'

/** The whole configuration with its defaults as YAML that `config check` accepts again. */
export function renderConfig({ config }: LoadedConfig): string {
  return stringify(config, { version: '1.2', lineWidth: 0 })
}

/** One line per value: `path = value    # file:line` (or `# default`). Values are JSON. */
export function renderOrigins({ config, origins }: LoadedConfig): string {
  const rows: { left: string; right: string }[] = []
  const walk = (value: unknown, path: ConfigPath) => {
    const isLeaf = typeof value !== 'object' || value === null || (Array.isArray(value) && value.every((v) => typeof v !== 'object'))
    if (isLeaf) {
      const origin = origins.get(formatPath(path))
      rows.push({ left: `${formatPath(path)} = ${JSON.stringify(value)}`, right: origin ? `${origin.file}:${origin.line}` : 'default' })
    } else if (Array.isArray(value)) for (const [i, v] of value.entries()) walk(v, [...path, i])
    else for (const [k, v] of Object.entries(value)) walk(v, [...path, k])
  }
  walk(config, [])
  const width = Math.min(60, Math.max(...rows.map((r) => r.left.length)))
  return rows.map((r) => `${r.left.padEnd(width)}  # ${r.right}\n`).join('')
}
