// Why: both forms of the kiosk read the configuration alike, and neither dies of a bad one.
import { loadConfig } from '../adapters/config/load.ts'
import { toAppError, type AppError } from '../core/errors.ts'
import type { Config } from '../../shared/config/schema.ts'
import { checkEndpoint } from './cli-endpoint-check.ts'

/** A configuration that can't be used is not an exception here but a screen: the device must say why it is not set up. */
export function readConfig(configDir: string, dev: boolean): { config?: Config; error?: AppError } {
  try {
    return { config: loadConfig(configDir, { dev, checkEndpoint }).config }
  } catch (e) {
    const error = toAppError(e)
    if (!error.code.startsWith('config.')) throw error
    return { error }
  }
}
