// Why: the product's one command. It knows how to speak in a terminal and with which status to end; what a kiosk is,
// run.ts knows, which is loaded only when it is wanted so that `config check` starts in no time.
import { ConfigError, formatProblem, type ConfigProblem } from '../adapters/config/config-error.ts'
import { loadConfig, type EndpointCheck, type LoadedConfig } from '../adapters/config/load.ts'
import { renderConfig, renderOrigins } from '../adapters/config/render.ts'
import { toAppError } from '../core/errors.ts'
import { parseCommandLine, USAGE, type Command, type ShellChoice } from './cli-args.ts'
import { EXIT_OK, exitStatusOf } from './exit.ts'
import type { OpenOptions } from './open.ts'
import type { ProbeCommand } from './probe/command.ts'
import type { ProbeOutput } from './probe/main.ts'

/** What `latchkey run` was asked to do. run.ts loads the configuration itself: a bad one is shown on the screen. */
export interface RunOptions {
  readonly configDir: string
  /** Overrides `shell` of the configuration. */
  readonly shell: ShellChoice | undefined
  /** Also believe configuration files of the invoking user; accept `no_verify`. */
  readonly dev: boolean
  readonly headless: boolean
  readonly version: string
}

/** Runs the kiosk to its end; resolves with the exit status. An AppError may be thrown instead. */
export type RunKiosk = (opts: RunOptions) => Promise<number>

export interface CliContext {
  readonly version: string
  out(text: string): void
  err(text: string): void
  readonly loadRun: () => Promise<{ readonly runKiosk: RunKiosk }>
  readonly loadEndpointCheck: () => Promise<EndpointCheck>
  readonly loadOpen: () => Promise<{ readonly openFile: (o: OpenOptions) => Promise<number> }>
  readonly loadProbe: () => Promise<{ readonly probe: (command: ProbeCommand, output: ProbeOutput) => Promise<number> }>
}

/** Runs one command line (without the program's name); resolves with the exit status and never rejects. */
export async function runCli(argv: readonly string[], ctx: CliContext): Promise<number> {
  let dev = false
  try {
    const command = parseCommandLine(argv)
    dev = 'dev' in command && command.dev
    return await perform(command, ctx)
  } catch (e) {
    const error = toAppError(e)
    if (error.code === 'cli.usage') ctx.err(`latchkey: ${error.detail}\n\n${USAGE}`)
    else if (error instanceof ConfigError) ctx.err(error.problems.map((p) => `${formatProblem(p)}\n`).join(''))
    // What is wrong with a file, by line and key; its values are not quoted.
    else if (error.code.startsWith('vv.')) ctx.err(`latchkey: ${error.detail}\n`)
    // The detail may quote a hypervisor and has not passed the redactor here: the log has it, under the same id.
    else ctx.err(`latchkey: ${error.code} (${error.traceId})${dev ? `\n${error.stack ?? ''}` : ''}\n`)
    return exitStatusOf(error.code)
  }
}

async function perform(command: Command, ctx: CliContext): Promise<number> {
  switch (command.name) {
    case 'help':
      ctx.out(USAGE)
      return EXIT_OK
    case 'version':
      ctx.out(`latchkey ${ctx.version}\n`)
      return EXIT_OK
    case 'run': {
      const { runKiosk } = await ctx.loadRun()
      const { configDir, shell, dev, headless } = command
      return runKiosk({ configDir, shell, dev, headless, version: ctx.version })
    }
    case 'open': {
      const { openFile } = await ctx.loadOpen()
      return openFile({ file: command.file, headless: command.headless, version: ctx.version })
    }
    case 'probe': {
      const { probe } = await ctx.loadProbe()
      return probe(command, ctx)
    }
    case 'config check':
      return check(command, ctx)
    case 'config show': {
      const loaded = loadConfig(command.configDir, { dev: command.dev, checkEndpoint: await ctx.loadEndpointCheck() })
      ctx.out(command.origin ? renderOrigins(loaded) : renderConfig(loaded))
      return EXIT_OK
    }
  }
}

async function check(command: Extract<Command, { name: 'config check' }>, ctx: CliContext): Promise<number> {
  const checkEndpoint = await ctx.loadEndpointCheck()
  let loaded: LoadedConfig | undefined
  let failure: ConfigError | undefined
  try {
    loaded = loadConfig(command.configDir, { dev: command.dev, checkEndpoint })
  } catch (e) {
    if (!(e instanceof ConfigError)) throw e
    failure = e
  }
  const problems: readonly ConfigProblem[] = failure?.problems ?? loaded?.warnings ?? []
  if (command.json) ctx.out(`${JSON.stringify({ ok: !failure, directory: command.configDir, files: loaded?.files ?? [], problems }, null, 2)}\n`)
  else {
    for (const p of problems) (p.severity === 'error' ? ctx.err : ctx.out)(`${formatProblem(p)}\n`)
    const errors = problems.filter((p) => p.severity === 'error').length
    if (failure) ctx.err(`${errors} error${errors === 1 ? '' : 's'}\n`)
    else ctx.out(`${command.configDir}: good (${loaded?.files.length ?? 0} file${loaded?.files.length === 1 ? '' : 's'}, ${loaded?.config.endpoints.length ?? 0} endpoint${loaded?.config.endpoints.length === 1 ? '' : 's'})\n`)
  }
  return failure ? exitStatusOf(failure.code) : EXIT_OK
}

/** The real thing, called by bin/latchkey.mjs. */
export function main(argv: readonly string[], version: string): Promise<number> {
  return runCli(argv, {
    version,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    loadRun: () => import('./run.ts'),
    loadEndpointCheck: async () => (await import('./cli-endpoint-check.ts')).checkEndpoint,
    loadOpen: () => import('./open.ts'),
    loadProbe: () => import('./probe/main.ts'),
  })
}
