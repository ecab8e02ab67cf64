// Why: both forms of the kiosk read the configuration alike, and neither dies of a bad one.
import { formatProblem } from '../adapters/config/config-error.ts'
import { loadConfig, type LoadedConfig } from '../adapters/config/load.ts'
import { toAppError, type AppError } from '../core/errors.ts'
import { checkEndpoint } from './cli-endpoint-check.ts'
import { createServices, type Services } from './compose.ts'

export interface ReadConfig {
  readonly loaded?: LoadedConfig
  /** config.*: the device must say on its screen why it is not set up; no exception. */
  readonly error?: AppError
}

export function readConfig(configDir: string, dev: boolean): ReadConfig {
  try {
    return { loaded: loadConfig(configDir, { dev, checkEndpoint }) }
  } catch (e) {
    const error = toAppError(e)
    if (!error.code.startsWith('config.')) throw error
    return { error }
  }
}

/** Services for what was read, with the reading itself on record. */
export function servicesFor({ loaded, error }: ReadConfig, logTo?: (line: string) => void): Services {
  const services = createServices(loaded?.config.log, logTo)
  if (error) {
    services.log.error('the configuration cannot be used', { comp: 'config', code: error.code, detail: error.detail, trace: error.traceId })
    services.audit.record({ event: 'config-rejected', code: error.code, trace: error.traceId })
  }
  if (loaded) {
    for (const warning of loaded.warnings) services.log.warn(formatProblem(warning), { comp: 'config' })
    services.audit.record({ event: 'config-loaded', files: loaded.files.length, warnings: loaded.warnings.length })
  }
  return services
}
