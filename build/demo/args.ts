// Why: demo and bench take the same few options; a mistyped one is an error with the usage, not a silent default.
import { parseArgs } from 'node:util'

export interface DemoArgs {
  readonly lab: 'embedded' | 'kvm'
  /** console.engine of the configuration. */
  readonly engine: 'spice-html5' | 'latchkey'
  readonly headless: boolean | undefined
  readonly runs: number
  readonly json: boolean
  readonly out: string
}

/** Throws an Error whose message is the sentence to print. */
export function parseDemoArgs(argv: readonly string[]): DemoArgs {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      lab: { type: 'string', default: 'embedded' },
      endpoint: { type: 'string', default: 'libvirt' },
      engine: { type: 'string', default: 'latchkey' },
      headless: { type: 'boolean' },
      runs: { type: 'string', default: '10' },
      json: { type: 'boolean', default: false },
      out: { type: 'string', default: 'demo-report' },
    },
  })
  if (values.lab !== 'embedded' && values.lab !== 'kvm') throw new Error(`--lab must be embedded or kvm, not "${values.lab}"`)
  if (values.endpoint !== 'libvirt') throw new Error(`--endpoint must be libvirt, not "${values.endpoint}"`)
  if (values.engine !== 'spice-html5' && values.engine !== 'latchkey') throw new Error(`--engine must be latchkey or spice-html5, not "${values.engine}"`)
  const runs = Number(values.runs)
  if (!Number.isInteger(runs) || runs < 1 || runs > 1000) throw new Error(`--runs must be a whole number from 1 to 1000, not "${values.runs}"`)
  return { lab: values.lab, engine: values.engine, headless: values.headless, runs, json: values.json, out: values.out }
}
