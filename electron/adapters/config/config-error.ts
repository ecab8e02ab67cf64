// Why: a configuration is repaired by a person with an editor, who needs every mistake at once, each with its place.
import { AppError } from '../../core/errors.ts'
import type { ErrorCode } from '../../../shared/error-codes.ts'

/** One mistake. `line` counts from 1; `path` is written as in `endpoints[0].uri`. */
export interface ConfigProblem {
  readonly severity: 'error' | 'warning'
  readonly code: ConfigErrorCode
  readonly file?: string
  readonly line?: number
  readonly path?: string
  /** One sentence without its full stop. */
  readonly message: string
  /** What was probably meant: a key or a value. */
  readonly suggestion?: string
}

export type ConfigErrorCode = Extract<ErrorCode, `config.${string}`>

/** Rejection of a whole configuration. The code is that of the gravest problem: untrusted, then missing, then invalid. */
export class ConfigError extends AppError {
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    const errors = problems.filter((p) => p.severity === 'error')
    super(gravest(errors), errors.map(formatProblem).join('; '), { params: { count: String(errors.length) } })
    this.name = 'ConfigError'
    this.problems = problems
  }
}

function gravest(problems: readonly ConfigProblem[]): ConfigErrorCode {
  const order: readonly ConfigErrorCode[] = ['config.untrusted-file', 'config.missing']
  return order.find((code) => problems.some((p) => p.code === code)) ?? 'config.invalid'
}

/** `file:line: path: sentence (did you mean "x"?)`, the form that editors and people both can follow. */
export function formatProblem(p: ConfigProblem): string {
  const place = [p.file === undefined ? [] : [p.line === undefined ? p.file : `${p.file}:${p.line}`], p.path === undefined ? [] : [p.path]].flat()
  const hint = p.suggestion === undefined ? '' : ` (did you mean "${p.suggestion}"?)`
  return [...place, (p.severity === 'warning' ? 'warning: ' : '') + p.message + hint].join(': ')
}
