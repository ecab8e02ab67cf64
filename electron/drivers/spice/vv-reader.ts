// Why: typed reading of one group of a key file, in which every mistake is noted with its line and nothing stops at the
// first one. Messages name keys, never values: a value may be a password.
import { didYouMean } from '../../../shared/did-you-mean.ts'
import type { Redactor } from '../../core/redactor.ts'
import { Secret } from '../../core/secret.ts'
import { parseInteger, unescape, unescapeList, type Problem, type RawEntry } from './key-file.ts'

/** Instead of a value: why there is none. */
interface Refusal {
  readonly message: string
}
const failed = (x: unknown): x is Refusal => typeof x === 'object' && x !== null && 'message' in x

export class GroupReader {
  readonly #entries: ReadonlyMap<string, RawEntry>
  readonly #problems: Problem[]
  readonly #asked = new Set<string>()
  readonly #wrong = new Set<string>()
  readonly #secrets: Secret[]
  readonly #redactor: Redactor

  /** `problems` and `secrets` are added to; the secrets are the caller's to wipe if the file is refused. */
  constructor(entries: ReadonlyMap<string, RawEntry>, problems: Problem[], secrets: Secret[], redactor: Redactor) {
    this.#entries = entries
    this.#problems = problems
    this.#secrets = secrets
    this.#redactor = redactor
  }

  has(key: string): boolean {
    return this.#entries.has(key)
  }

  line(key: string): number {
    return this.#entries.get(key)?.line ?? 0
  }

  /** Whether a mistake of this key was told. */
  wrong(key: string): boolean {
    return this.#wrong.has(key)
  }

  problem(key: string, message: string): void {
    this.#wrong.add(key)
    this.#problems.push({ line: this.line(key), message: `${key}: ${message}` })
  }

  /** The text with its escapes resolved; `check` may turn it into something else or refuse it with a sentence. */
  text(key: string): string | undefined
  text<T>(key: string, check: (text: string) => T): Exclude<T, Refusal> | undefined
  text<T>(key: string, check?: (text: string) => T): Exclude<T, Refusal> | string | undefined {
    const entry = this.#take(key)
    if (entry === undefined) return undefined
    const read = unescape(entry.raw)
    if (failed(read)) return this.#refuse(key, read.message)
    if (/[^\P{Cc}\n\t\r]/u.test(read.value)) return this.#refuse(key, 'contains a control character')
    if (check === undefined) return read.value
    const checked = check(read.value)
    return failed(checked) ? this.#refuse(key, checked.message) : (checked as Exclude<T, Refusal>)
  }

  /** undefined where it is absent or empty. */
  secret(key: string): Secret | undefined {
    return this.text(key, (text) => (text === '' ? undefined : this.own(Secret.from(text, this.#redactor))))
  }

  /** Registers a secret that was made while reading. */
  own(secret: Secret): Secret {
    this.#secrets.push(secret)
    return secret
  }

  integer(key: string): number | undefined {
    const entry = this.#take(key)
    if (entry === undefined) return undefined
    const read = parseInteger(entry.raw)
    return failed(read) ? this.#refuse(key, read.message) : read.value
  }

  flag(key: string): boolean | undefined {
    const value = this.integer(key)
    if (value === undefined || value === 0 || value === 1) return value === undefined ? undefined : value === 1
    return this.#refuse(key, 'is 0 or 1')
  }

  /** -1 is virt-viewer's own word for "none". */
  port(key: string): number | undefined {
    const value = this.integer(key)
    if (value === undefined || value === -1) return undefined
    return value >= 1 && value <= 65_535 ? value : this.#refuse(key, 'no port from 1 to 65535')
  }

  /** Words of a list; a word that is not in `known` is a mistake. */
  words(key: string, known?: readonly string[]): readonly string[] | undefined {
    const entry = this.#take(key)
    if (entry === undefined) return undefined
    const read = unescapeList(entry.raw)
    if (failed(read)) return this.#refuse(key, read.message)
    const words = read.values.map((w) => w.trim()).filter((w) => w !== '')
    const wrong = known === undefined ? undefined : words.find((w) => !known.includes(w))
    if (known === undefined || wrong === undefined) return words
    const near = didYouMean(wrong, known)
    const comma = wrong.includes(',') ? '; the words of the list are separated by ;' : ''
    return this.#refuse(key, `"${wrong.slice(0, 40)}" is not one of ${known.join(', ')}${near === undefined ? comma : `; did you mean "${near}"?`}`)
  }

  /** Keys nobody asked for. Those that begin with x- are private by convention and not told. */
  leftOver(): readonly RawEntry[] {
    return [...this.#entries.values()].filter((e) => !this.#asked.has(e.key) && !e.key.startsWith('x-'))
  }

  #take(key: string): RawEntry | undefined {
    this.#asked.add(key)
    return this.#entries.get(key)
  }

  #refuse(key: string, message: string): undefined {
    this.problem(key, message)
    return undefined
  }
}
