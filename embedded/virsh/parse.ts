// Why: the driver puts several commands into one virsh process; whether that works is decided by virsh's own little
// language, so it is here as virsh 9 has it: one argument is a script, several arguments are one command.
import { commandTable, type CommandName, type CommandShape } from './command-table.ts'

export class VirshUsage extends Error {}

export interface VirshCommand {
  readonly name: CommandName
  readonly flags: ReadonlySet<string>
  readonly values: ReadonlyMap<string, string>
  /** Only for commands that take any number of domains. */
  readonly rest: readonly string[]
}
export interface Invocation {
  readonly uri: string | undefined
  readonly quiet: boolean
  readonly readonly: boolean
  readonly version: boolean
  /** Undefined: interactive, commands come on standard input. */
  readonly commands: readonly VirshCommand[] | undefined
}

/** Everything after the program's name. Throws VirshUsage with what virsh prints behind `error: `. */
export function parseInvocation(args: readonly string[]): Invocation {
  let uri: string | undefined
  const seen = { quiet: false, readonly: false, version: false }
  const letters: Record<string, keyof typeof seen> = { q: 'quiet', r: 'readonly', v: 'version' }
  let i = 0
  for (; i < args.length; i++) {
    const a = args[i] as string
    if (a === '--') {
      i++
      break
    }
    if (!a.startsWith('-') || a === '-') break
    if (a === '--connect' || a === '-c') {
      uri = args[++i]
      if (uri === undefined) throw new VirshUsage("option '-c'/'--connect' requires an argument")
    } else if (a.startsWith('--connect=')) uri = a.slice(10)
    else if (a.startsWith('--') && Object.hasOwn(seen, a.slice(2))) seen[a.slice(2) as keyof typeof seen] = true
    else if (/^-[kK]\d+$/.test(a)) continue
    else if (!a.startsWith('--') && [...a.slice(1)].every((c) => Object.hasOwn(letters, c))) for (const c of a.slice(1)) seen[letters[c] as keyof typeof seen] = true
    else throw new VirshUsage(`unsupported option '${a}'. See --help.`)
  }
  const left = args.slice(i)
  const commands = left.length === 0 ? undefined : left.length === 1 ? parseScript(left[0] as string) : [parseCommand(left)]
  return { uri, ...seen, commands }
}

/** One line, or the single argument: commands separated by semicolons or newlines, with virsh's quoting. */
export function parseScript(text: string): VirshCommand[] {
  const out: VirshCommand[] = []
  let words: string[] = []
  let word: string | undefined
  const endWord = () => {
    if (word !== undefined) words.push(word)
    word = undefined
  }
  const endCommand = () => {
    endWord()
    if (words.length > 0) out.push(parseCommand(words))
    words = []
  }
  let quote: "'" | '"' | undefined
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string
    if (c === quote) quote = undefined
    else if (quote === "'") word += c
    else if (c === '\\' && i + 1 < text.length) word = (word ?? '') + text[++i]
    else if (quote === '"') word += c
    else if (c === "'" || c === '"') {
      quote = c
      word ??= ''
    } else if (c === ' ' || c === '\t') endWord()
    else if (c === ';' || c === '\n') endCommand()
    else if (c === '#' && word === undefined) while (i + 1 < text.length && text[i + 1] !== '\n') i++
    else word = (word ?? '') + c
  }
  // virsh forgives an open single quote, not an open double one.
  if (quote === '"') throw new VirshUsage('missing "')
  endCommand()
  return out
}

function parseCommand(words: readonly string[]): VirshCommand {
  const name = words[0] as string
  if (!Object.hasOwn(commandTable, name)) throw new VirshUsage(`unknown command: '${name}'`)
  const def: CommandShape = commandTable[name as CommandName]
  const flags = new Set<string>()
  const values = new Map<string, string>()
  const rest: string[] = []
  let optionsEnded = false
  for (let i = 1; i < words.length; i++) {
    const w = words[i] as string
    if (w === '--' && !optionsEnded) optionsEnded = true
    else if (w.startsWith('--') && !optionsEnded) {
      const [option, inline] = splitOnce(w.slice(2))
      if (def.flags.includes(option)) flags.add(option)
      else if (def.data.includes(option) || def.options.includes(option)) {
        const value = inline ?? words[++i]
        if (value === undefined) throw new VirshUsage(`expected syntax: --${option} <string>`)
        values.set(option, value)
      } else throw new VirshUsage(`command '${name}' doesn't support option --${option}`)
    } else {
      const free = [...def.data, ...(def.positional ?? [])].find((d) => !values.has(d))
      if (free !== undefined) values.set(free, w)
      else if (def.many === true) rest.push(w)
      else throw new VirshUsage(`unexpected data '${w}'`)
    }
  }
  const missing = def.data.filter((d) => !values.has(d))
  if (missing.length > 0) throw new VirshUsage(missing.map((d) => `command '${name}' requires <${d}> option`).join('\nerror: '))
  return { name: name as CommandName, flags, values, rest }
}

function splitOnce(text: string): [string, string | undefined] {
  const at = text.indexOf('=')
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}
