// Why: the command line is read into one closed union, or refused with the word that was probably meant. An option
// that a command does not know is an error too: a kiosk that silently ignores "--devv" would run in another mode
// than the one that was asked for.
import { parseArgs } from 'node:util'
import { DEFAULT_CONFIG_DIR } from '../adapters/config/load.ts'
import { didYouMean } from '../../shared/did-you-mean.ts'
import { AppError } from '../core/errors.ts'

export type ShellChoice = 'auto' | 'electron' | 'chromium'
const shells: readonly ShellChoice[] = ['auto', 'electron', 'chromium']

export type Command =
  | { readonly name: 'help' }
  | { readonly name: 'version' }
  | { readonly name: 'run'; readonly configDir: string; readonly shell: ShellChoice | undefined; readonly dev: boolean; readonly headless: boolean }
  | { readonly name: 'config check'; readonly configDir: string; readonly dev: boolean; readonly json: boolean }
  | { readonly name: 'config show'; readonly configDir: string; readonly dev: boolean; readonly origin: boolean }
  /** Path of a .vv file. */
  | { readonly name: 'open'; readonly file: string; readonly headless: boolean }
  | {
      readonly name: 'probe'
      /** A SPICE address or the path of a .vv file. */
      readonly target: string
      readonly seconds: number
      readonly screenshot: string | undefined
      /** Path, or `-`. */
      readonly ticketFile: string | undefined
      readonly json: boolean
    }

/** Length of a probe where nobody says another one, and the longest, seconds. */
export const DEFAULT_SECONDS = 3
export const MAX_SECONDS = 86_400

export const USAGE = `Usage:
  latchkey [run] [--config-dir DIR] [--shell auto|electron|chromium] [--dev] [--headless]
  latchkey config check [DIR] [--dev] [--json]
  latchkey config show [DIR] [--dev] [--origin]
  latchkey open FILE.vv [--headless]
  latchkey probe ADDRESS|FILE.vv [--seconds N] [--screenshot FILE.png] [--ticket-file FILE|-] [--json]
  latchkey --help | --version

Commands:
  run             start the kiosk (the default)
  config check    print every mistake of the configuration; exit status 0 or 78
  config show     print the configuration in force, defaults included
  open            show the display of a connection file in a window; the file is deleted
                  where it says so, and is good for a short time only
  probe           connect to any SPICE display, without configuration and without a
                  window, and print what it sends and how fast it is drawn; whoever
                  uses the display now may be disconnected by it

Options:
  --config-dir DIR   directory of the .yaml files (default ${DEFAULT_CONFIG_DIR})
  --shell NAME       which browser shows the window; overrides the configuration
  --dev              believe configuration files of the invoking user, not of root alone
  --headless         run without a display (Chromium only)
  --json             the answer as JSON on standard output
  --origin           say of every value which file and line set it
  --seconds N        how long to watch from the first picture on (default ${DEFAULT_SECONDS}); Ctrl-C
                     ends it early
  --screenshot FILE  write the display's picture as PNG, pixel by pixel, readable by
                     you alone; an existing file is replaced
  --ticket-file FILE the display's password is the line in this file (- : standard input)

Exit status of a probe: 0 connected, 64 wrong options, 65 mistakes in the .vv file, 66 no such .vv file, 68 the display
is not reachable, 69 no browser or no trusted way, 74 the connection was lost, 75 no answer, 76 not SPICE, 77 the
password was refused, 78 wrong address, 130 stopped; 70 a mistake of ours.
`

const options = {
  'config-dir': { type: 'string', in: ['run', 'config check', 'config show'] },
  shell: { type: 'string', in: ['run'] },
  dev: { type: 'boolean', in: ['run', 'config check', 'config show'] },
  headless: { type: 'boolean', in: ['run', 'open'] },
  json: { type: 'boolean', in: ['config check', 'probe'] },
  seconds: { type: 'string', in: ['probe'] },
  screenshot: { type: 'string', in: ['probe'] },
  'ticket-file': { type: 'string', in: ['probe'] },
  origin: { type: 'boolean', in: ['config show'] },
  help: { type: 'boolean', short: 'h', in: [] },
  version: { type: 'boolean', short: 'V', in: [] },
} as const satisfies Record<string, { type: 'string' | 'boolean'; short?: string; in: readonly string[] }>
type OptionName = keyof typeof options

/** Reads the arguments after the program's name. Throws `cli.usage` whose detail is one sentence for the terminal. */
export function parseCommandLine(argv: readonly string[]): Command {
  const { tokens, positionals } = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true })
  const given = new Map<OptionName, string | true>()
  for (const t of tokens) {
    if (t.kind !== 'option') continue
    if (!Object.hasOwn(options, t.name)) throw usage(`unknown option ${t.rawName}`, didYouMean(t.name, Object.keys(options)), '--')
    const name = t.name as OptionName
    if (given.has(name)) throw usage(`${t.rawName} is given twice`)
    if (options[name].type === 'string') {
      if (t.value === undefined || t.value === '') throw usage(`${t.rawName} needs a value`)
      given.set(name, t.value)
    } else {
      if (t.value !== undefined) throw usage(`${t.rawName} takes no value`)
      given.set(name, true)
    }
  }
  if (given.has('help')) return { name: 'help' }
  if (given.has('version')) return { name: 'version' }

  const { name, rest } = commandOf(positionals)
  for (const option of given.keys()) if (!(options[option].in as readonly string[]).includes(name)) throw usage(`--${option} does not belong to "latchkey ${name}"`)
  return build(name, rest, given)
}

type CommandName = 'run' | 'config check' | 'config show' | 'open' | 'probe'

function commandOf(words: readonly string[]): { name: CommandName; rest: readonly string[] } {
  const [first, second, ...rest] = words
  switch (first) {
    case undefined:
    case 'run':
      return { name: 'run', rest: words.slice(1) }
    case 'config':
      if (second === 'check' || second === 'show') return { name: `config ${second}`, rest }
      throw second === undefined ? usage('"latchkey config" needs a command: check or show') : usage(`unknown command "config ${second}"`, didYouMean(second, ['check', 'show']), 'config ')
    case 'open':
    case 'probe':
      return { name: first, rest: words.slice(1) }
    default:
      throw usage(`unknown command "${first}"`, didYouMean(first, ['run', 'config', 'open', 'probe']))
  }
}

function build(name: CommandName, rest: readonly string[], given: ReadonlyMap<OptionName, string | true>): Command {
  if (name === 'probe') return probeOf(rest, given)
  if (name === 'open') return openOf(rest, given)
  const dirs = [...rest, ...(given.has('config-dir') ? [String(given.get('config-dir'))] : [])]
  if (name === 'run' && rest.length > 0) throw usage(`unexpected argument "${rest[0] ?? ''}"`)
  if (dirs.length > 1) throw usage('more than one directory is given')
  const common = { configDir: dirs[0] ?? DEFAULT_CONFIG_DIR, dev: given.has('dev') }
  switch (name) {
    case 'run':
      return { name, ...common, shell: shellOf(given.get('shell')), headless: given.has('headless') }
    case 'config check':
      return { name, ...common, json: given.has('json') }
    case 'config show':
      return { name, ...common, origin: given.has('origin') }
  }
}

function openOf([file, ...more]: readonly string[], given: ReadonlyMap<OptionName, string | true>): Command {
  if (file === undefined) throw usage('"latchkey open" needs a .vv file')
  if (more.length > 0) throw usage('more than one file is given')
  return { name: 'open', file, headless: given.has('headless') }
}

function probeOf([target, ...more]: readonly string[], given: ReadonlyMap<OptionName, string | true>): Command {
  if (target === undefined) throw usage('"latchkey probe" needs an address (spice://HOST:PORT) or a .vv file')
  // Not quoted: a second word may be the rest of an address with a password.
  if (more.length > 0) throw usage('more than one display is given; an address with ; or & needs quotes')
  const text = (name: OptionName): string | undefined => (given.has(name) ? String(given.get(name)) : undefined)
  const seconds = Number(text('seconds') ?? DEFAULT_SECONDS)
  if (!(seconds > 0 && seconds <= MAX_SECONDS)) throw usage(`--seconds is a number above 0, at most ${MAX_SECONDS}`)
  return { name: 'probe', target, seconds, screenshot: text('screenshot'), ticketFile: text('ticket-file'), json: given.has('json') }
}

function shellOf(value: string | true | undefined): ShellChoice | undefined {
  if (value === undefined) return undefined
  const found = shells.find((s) => s === value)
  if (!found) throw usage(`--shell must be one of ${shells.join(', ')}, not "${String(value)}"`, didYouMean(String(value), shells))
  return found
}

function usage(sentence: string, suggestion?: string, prefix = ''): AppError {
  return new AppError('cli.usage', sentence + (suggestion === undefined ? '' : ` (did you mean "${prefix}${suggestion}"?)`))
}
