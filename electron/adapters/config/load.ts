// Why: one call from a directory to a checked configuration, or to the complete list of what is wrong with it.
import { Config } from '../../../shared/config/schema.ts'
import { AppError } from '../../core/errors.ts'
import { ConfigError, type ConfigErrorCode, type ConfigProblem } from './config-error.ts'
import { explain, valueAt } from './explain.ts'
import { formatPath, merge, nearestOrigin, originsOf, toPlain, type ConfigPath, type Origins } from './merge.ts'
import { openTrustedDirectory, trustPolicy, type TrustPolicy } from './trusted-file.ts'
import { parseYaml, type Sourced } from './yaml-source.ts'

export const DEFAULT_CONFIG_DIR = '/etc/latchkey/config.d'

/** What a check of an endpoint outside the schema found, e.g. in its URI. One sentence without its full stop. */
export interface EndpointFinding {
  readonly severity: 'error' | 'warning'
  readonly message: string
  /** Where in the endpoint; absent: its address. */
  readonly at?: ConfigPath
}

/** The part of an endpoint that such a check gets: it also runs where other keys of the endpoint are wrong. */
export interface EndpointToCheck {
  readonly kind: string
  /** As written: nothing about it has been checked. */
  readonly given: Readonly<Record<string, unknown>>
}

/** Injected: adapters know neither drivers nor their URIs. Must not throw for bad input. */
export type EndpointCheck = (endpoint: EndpointToCheck, ctx: { readonly dev: boolean }) => readonly EndpointFinding[]

export interface LoadOptions {
  /** Also believe files of the invoking user. */
  readonly dev: boolean
  readonly checkEndpoint?: EndpointCheck
  /** For tests: other owners than root. */
  readonly policy?: TrustPolicy
}

export interface LoadedConfig {
  readonly config: Config
  /** Place of every value that a file set. What is not in it is a default. */
  readonly origins: Origins
  /** Files read, in their order. */
  readonly files: readonly string[]
  /** Never errors: those throw. */
  readonly warnings: readonly ConfigProblem[]
}

/**
 * Reads `dir`/*.yaml in the order of their names, merges, validates.
 * Throws ConfigError (config.missing, config.untrusted-file, config.invalid) with every problem that could be found.
 */
export function loadConfig(dir: string, opts: LoadOptions): LoadedConfig {
  const problems: ConfigProblem[] = []
  const { sources, files } = readSources(dir, opts, problems)
  if (sources.length === 0 && problems.length === 0) problems.push({ severity: 'error', code: 'config.missing', file: dir, message: 'there is no .yaml file in this directory' })

  const root = sources.reduce<Sourced | undefined>((base, over) => (base ? merge(base, over) : over), undefined)
  // A file that is missing from the merge would make the others look incomplete: only what is sure is told then.
  if (root === undefined || problems.length > 0) throw new ConfigError(problems)

  const data = toPlain(root)
  const origins = originsOf(root)
  const parsed = Config.safeParse(data)
  if (!parsed.success) problems.push(...explain(parsed.error.issues, data, origins))
  problems.push(...checkEndpoints(data, origins, opts))
  if (!parsed.success || problems.some((p) => p.severity === 'error')) throw new ConfigError(sortByPlace(problems, files))
  return { config: parsed.data, origins, files, warnings: problems }
}

function readSources(dir: string, opts: LoadOptions, problems: ConfigProblem[]): { sources: Sourced[]; files: string[] } {
  const sources: Sourced[] = []
  const files: string[] = []
  const note = (file: string, e: unknown) => void problems.push(toProblem(file, e))
  let opened
  try {
    opened = openTrustedDirectory(dir, opts.policy ?? trustPolicy(opts.dev))
  } catch (e) {
    note(dir, e)
    return { sources, files }
  }
  try {
    for (const name of opened.names) {
      const file = `${opened.path}/${name}`
      files.push(file)
      try {
        const source = parseYaml(opened.read(name), file, problems)
        if (source) sources.push(source)
      } catch (e) {
        note(file, e)
      }
    }
  } finally {
    opened.close()
  }
  return { sources, files }
}

function toProblem(file: string, e: unknown): ConfigProblem {
  if (e instanceof AppError && isConfigCode(e.code)) return { severity: 'error', code: e.code, file, message: e.detail }
  throw e
}

const isConfigCode = (code: string): code is ConfigErrorCode => code.startsWith('config.')

function checkEndpoints(data: unknown, origins: Origins, opts: LoadOptions): ConfigProblem[] {
  const list = valueAt(data, ['endpoints'])
  if (!opts.checkEndpoint || !Array.isArray(list)) return []
  const check = opts.checkEndpoint
  return list.flatMap((_, i) => {
    const given = valueAt(data, ['endpoints', i])
    const kind = valueAt(data, ['endpoints', i, 'kind'])
    if (typeof given !== 'object' || given === null || typeof kind !== 'string') return []
    return check({ kind, given: given as Readonly<Record<string, unknown>> }, { dev: opts.dev }).map((f): ConfigProblem => {
      const path = ['endpoints', i, ...(f.at ?? ['url' in given ? 'url' : 'uri'])]
      return { severity: f.severity, code: 'config.invalid', ...nearestOrigin(origins, path), path: formatPath(path), message: f.message }
    })
  })
}

/** In the order in which an editor meets them. */
function sortByPlace(problems: readonly ConfigProblem[], files: readonly string[]): ConfigProblem[] {
  const rank = (p: ConfigProblem) => (p.file === undefined ? -1 : files.indexOf(p.file))
  return problems.toSorted((a, b) => rank(a) - rank(b) || (a.line ?? 0) - (b.line ?? 0))
}
