// Why: demo and bench take the same few options; a mistyped one is an error with the word that was meant, not a silent
// default.
import { parseArgs } from 'node:util'
import { didYouMean } from '../../shared/did-you-mean.ts'

export const ENDPOINT_KINDS = ['libvirt', 'kvm-vdi', 'ovirt', 'proxmox', 'spice'] as const
export type EndpointKind = (typeof ENDPOINT_KINDS)[number]
const LABS = ['embedded', 'kvm'] as const
const ENGINES = ['latchkey', 'spice-html5'] as const

export interface DemoArgs {
  readonly lab: (typeof LABS)[number]
  /** What is signed in to; every kind but libvirt is a double of its product, on this machine. */
  readonly endpoint: EndpointKind
  /** console.engine of the configuration. */
  readonly engine: (typeof ENGINES)[number]
  readonly headless: boolean | undefined
  readonly runs: number
  readonly json: boolean
  readonly out: string
}

/** The program was called in a way that nobody can have meant; the message is the sentence to print. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const OPTIONS = {
  lab: { type: 'string', default: 'embedded' },
  endpoint: { type: 'string', default: 'libvirt' },
  engine: { type: 'string', default: 'latchkey' },
  headless: { type: 'boolean' },
  runs: { type: 'string', default: '10' },
  json: { type: 'boolean', default: false },
  out: { type: 'string', default: 'demo-report' },
} as const

/** Throws UsageError. @param endpoints kinds that the caller can run */
export function parseDemoArgs(argv: readonly string[], endpoints: readonly EndpointKind[] = ['libvirt']): DemoArgs {
  const values = given(argv)
  const lab = oneOf('lab', values.lab, LABS)
  const endpoint = oneOf('endpoint', values.endpoint, endpoints)
  if (lab === 'kvm' && endpoint !== 'libvirt') throw new UsageError(`--lab kvm is a real libvirt; --endpoint ${endpoint} runs with --lab embedded`)
  const runs = Number(values.runs)
  if (!Number.isInteger(runs) || runs < 1 || runs > 1000) throw new UsageError(`--runs must be a whole number from 1 to 1000, not "${values.runs}"`)
  return { lab, endpoint, engine: oneOf('engine', values.engine, ENGINES), headless: values.headless, runs, json: values.json, out: values.out }
}

function given(argv: readonly string[]): ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'] {
  const unknown = argv.find((a) => /^--./.test(a) && !Object.hasOwn(OPTIONS, a.slice(2).replace(/=.*$/s, '')))
  if (unknown !== undefined) {
    const word = unknown.slice(2).replace(/=.*$/s, '')
    throw new UsageError(`there is no option --${word}${meant(word, Object.keys(OPTIONS), '--')}`)
  }
  try {
    return parseArgs({ args: [...argv], options: OPTIONS }).values
  } catch (e) {
    throw new UsageError(e instanceof Error ? e.message : String(e), { cause: e })
  }
}

function oneOf<T extends string>(option: string, word: string, known: readonly T[]): T {
  const found = known.find((k) => k === word)
  if (found === undefined) throw new UsageError(`--${option} must be ${known.length === 1 ? known[0] : `${known.slice(0, -1).join(', ')} or ${known.at(-1)}`}, not "${word}"${meant(word, known)}`)
  return found
}

function meant(word: string, known: readonly string[], before = ''): string {
  const near = didYouMean(word, known)
  return near === undefined ? '' : `; did you mean ${before}${near}?`
}
