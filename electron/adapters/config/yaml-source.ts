// Why: turns one YAML file into plain data that remembers the line of every key, because a message without a line
// sends the administrator searching. Aliases are refused outright (they are the way to write a file that explodes),
// and so are duplicate keys, where the reader and the writer would disagree on which one counts.
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml'
import type { ConfigProblem } from './config-error.ts'

/** A value with its place. Maps keep the line of the KEY, which is what one looks for in an editor. */
export type Sourced =
  | { readonly kind: 'map'; readonly entries: ReadonlyMap<string, Sourced>; readonly file: string; readonly line: number }
  | { readonly kind: 'list'; readonly items: readonly Sourced[]; readonly file: string; readonly line: number }
  | { readonly kind: 'scalar'; readonly value: unknown; readonly file: string; readonly line: number }

/** Deeper nesting than any schema here has; bounds the recursion. */
const MAX_DEPTH = 20

/** Parses one file. An empty one (or one of comments only) is an empty map. All syntax mistakes go to `problems`. */
export function parseYaml(text: string, file: string, problems: ConfigProblem[]): Sourced | undefined {
  const lines = new LineCounter()
  const doc: Document.Parsed = parseDocument(text, { version: '1.2', schema: 'core', lineCounter: lines, uniqueKeys: true, strict: true, prettyErrors: false, logLevel: 'error' })
  const lineAt = (offset: number | undefined) => (offset === undefined ? 1 : Math.max(1, lines.linePos(offset).line))
  const fail = (line: number, message: string) => void problems.push({ severity: 'error', code: 'config.invalid', file, line, message })

  for (const e of [...doc.errors, ...doc.warnings]) fail(lineAt(e.pos[0]), sentence(e.code, e.message))
  if (doc.errors.length > 0) return undefined
  if (doc.contents === null) return { kind: 'map', entries: new Map(), file, line: 1 }
  const root = convert(doc.contents, 1, 0)
  if (root && root.kind !== 'map') {
    // `null` alone is what a file of comments and `---` parses to.
    if (root.kind === 'scalar' && root.value === null) return { kind: 'map', entries: new Map(), file, line: 1 }
    fail(root.line, 'the file must hold a mapping of keys to values')
    return undefined
  }
  return root

  function convert(node: Node, line: number, depth: number): Sourced | undefined {
    if (depth > MAX_DEPTH) return void fail(line, `nested deeper than ${MAX_DEPTH} levels`)
    if (isAlias(node)) return void fail(lineAt(node.range?.[0]), 'aliases (*name) are not allowed')
    if (isMap(node)) {
      const entries = new Map<string, Sourced>()
      for (const pair of node.items) {
        const key = pair.key
        const at = lineAt((key as Node | null)?.range?.[0])
        if (!isScalar(key) || typeof key.value !== 'string') {
          fail(at, 'keys must be words')
          continue
        }
        const value = pair.value === null ? { kind: 'scalar' as const, value: null, file, line: at } : convert(pair.value as Node, at, depth + 1)
        if (value) entries.set(key.value, value)
      }
      return { kind: 'map', entries, file, line }
    }
    if (isSeq(node)) {
      const items = node.items.map((item) => convert(item as Node, lineAt((item as Node).range?.[0]), depth + 1))
      return { kind: 'list', items: items.filter((i) => i !== undefined), file, line }
    }
    return { kind: 'scalar', value: isScalar(node) ? node.value : null, file, line }
  }
}

/** The parser's own words, shortened to one sentence; the commonest mistakes get better ones. */
function sentence(code: string, message: string): string {
  const better: Record<string, string> = {
    DUPLICATE_KEY: 'this key is given twice in the same mapping',
    TAB_AS_INDENT: 'a tab is used for indentation; YAML wants spaces',
    BAD_INDENT: 'the indentation does not fit the lines before',
    BLOCK_AS_IMPLICIT_KEY: 'a key inside a plain value; is the indentation right, or are quotes missing?',
    // What the parser says when its own recursion runs out of stack, before ours can count.
    RESOURCE_EXHAUSTION: `nested deeper than ${MAX_DEPTH} levels`,
    MULTIPLE_DOCS: 'only one document per file ("---" starts another)',
  }
  return better[code] ?? (message.split('\n')[0] ?? message).replace(/[.\s]+$/, '')
}
