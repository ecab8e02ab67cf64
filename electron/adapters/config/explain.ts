// Why: the schema library speaks of types and unions; an administrator needs one sentence per mistake and the word
// that was probably meant. This file is that translation, and nothing else knows the library's issue format.
import { z } from 'zod'
import { Endpoint } from '../../../shared/config/endpoint.ts'
import { Config } from '../../../shared/config/schema.ts'
import type { ConfigProblem } from './config-error.ts'
import { didYouMean } from '../../../shared/did-you-mean.ts'
import { formatPath, nearestOrigin, type ConfigPath, type Origins } from './merge.ts'

type Issue = z.core.$ZodIssue
type JsonSchema = z.core.JSONSchema.BaseSchema

/** Translates all issues of one parse of `data`. */
export function explain(issues: readonly Issue[], data: unknown, origins: Origins, at: ConfigPath = []): ConfigProblem[] {
  return issues.flatMap((issue) => explainOne(issue, data, origins, [...at, ...(issue.path as ConfigPath)]))
}

function explainOne(issue: Issue, data: unknown, origins: Origins, path: ConfigPath): ConfigProblem[] {
  const value = valueAt(data, path)
  const problem = (message: string, suggestion?: string, where: ConfigPath = path): ConfigProblem => {
    const place = nearestOrigin(origins, where)
    return {
      severity: 'error',
      code: 'config.invalid',
      ...(place ? { file: place.file, line: place.line } : {}),
      ...(where.length > 0 ? { path: formatPath(where) } : {}),
      message,
      ...(suggestion === undefined ? {} : { suggestion }),
    }
  }
  if (value === undefined && issue.code !== 'unrecognized_keys' && issue.code !== 'custom') return [problem(`is missing${wanted(issue)}`)]

  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => problem('unknown key', didYouMean(key, keysAt(path)), [...path, key]))
    case 'invalid_value':
      return [problem(`${show(value)} is not allowed; one of ${issue.values.map(String).join(', ')} is`, didYouMean(word(value), issue.values.map(String)))]
    case 'invalid_union':
      if (path.at(-1) === 'kind') return explainKind(problem, value, data, origins, path)
      return [problem(`must be a text or a list of texts, not ${show(value)}`)]
    case 'invalid_type':
      return [problem(`must be ${typeName(issue.expected)}, not ${show(value)}${unquoted(issue.expected, value)}`)]
    case 'too_small':
      return [problem(size(issue.origin, 'at least', Number(issue.minimum), issue.message))]
    case 'too_big':
      return [problem(size(issue.origin, 'at most', Number(issue.maximum), issue.message))]
    case 'invalid_format':
    case 'custom':
    case 'not_multiple_of':
    case 'invalid_key':
    case 'invalid_element':
      return [problem(issue.message)]
  }
}

/**
 * A wrong `kind` makes the schema look no further. The other mistakes of that endpoint are told too, as far as they
 * can be: judged by the kind that was probably meant.
 */
function explainKind(problem: (m: string, s?: string) => ConfigProblem, value: unknown, data: unknown, origins: Origins, path: ConfigPath): ConfigProblem[] {
  const kinds = Endpoint.options.map((o) => o.shape.kind.value)
  const meant = didYouMean(word(value), kinds)
  const judge = Endpoint.options.find((o) => o.shape.kind.value === meant) ?? Endpoint.options[0]
  const around = path.slice(0, -1)
  const rest = judge.safeParse({ ...(valueAt(data, around) as object), kind: judge.shape.kind.value })
  const others = rest.success ? [] : explain(rest.error.issues, data, origins, around)
  return [problem(`${show(value)} is no kind of endpoint; one of ${kinds.join(', ')} is`, meant), ...others]
}

function wanted(issue: Issue): string {
  if (issue.code === 'invalid_value') return `; one of ${issue.values.map(String).join(', ')} is needed`
  if (issue.code === 'invalid_type') return `; ${typeName(issue.expected)} is needed`
  return issue.code === 'invalid_union' ? `; ${issue.path.at(-1) === 'kind' ? `one of ${Endpoint.options.map((o) => o.shape.kind.value).join(', ')}` : 'a text or a list of texts'} is needed` : ''
}

const names: Readonly<Record<string, string>> = { object: 'a mapping', array: 'a list', string: 'a text', number: 'a number', int: 'a whole number', boolean: 'true or false' }
const typeName = (expected: string): string => names[expected] ?? expected

/** YAML reads `0123` or `1.0` as numbers; where a text is wanted, quotes are what is missing. */
function unquoted(expected: string, value: unknown): string {
  return expected === 'string' && (typeof value === 'number' || typeof value === 'boolean') ? ' (put it into quotes)' : ''
}

function size(origin: string, bound: string, n: number, fallback: string): string {
  if (origin === 'string') return `must have ${bound} ${n} character${n === 1 ? '' : 's'}`
  if (origin === 'number' || origin === 'int') return `must be ${bound} ${n}`
  // The schema's own sentence for lists says what is needed ("at least one endpoint is needed").
  if (origin === 'array') return fallback.startsWith('Too ') ? `must have ${bound} ${n} entr${n === 1 ? 'y' : 'ies'}` : fallback
  return fallback
}

function show(value: unknown): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/** Only texts can be mistyped; an object from a file may not even have a usable toString. */
const word = (value: unknown): string => (typeof value === 'string' ? value : '')

export function valueAt(data: unknown, path: ConfigPath): unknown {
  let at = data
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined
    at = (at as Record<string | number, unknown>)[key]
  }
  return at
}

let described: JsonSchema | undefined

/** The keys that the schema allows at `path`, taken from its own JSON Schema (made once) so that they cannot drift apart. */
function keysAt(path: ConfigPath): string[] {
  described ??= z.toJSONSchema(Config, { io: 'input' })
  let schemas: JsonSchema[] = [described]
  for (const key of path) {
    const next = schemas.flatMap((s) => (typeof key === 'number' ? [s.items] : [s.properties?.[key]]))
    schemas = next.flat().flatMap((s) => (typeof s === 'object' ? [s, ...(s.oneOf ?? []), ...(s.anyOf ?? [])] : [])) as JsonSchema[]
  }
  return schemas.flatMap((s) => Object.keys(s.properties ?? {}))
}
