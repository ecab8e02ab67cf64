// Why: core and drivers log without knowing where lines go; redaction happens behind this port.
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>
export interface Logger {
  error(msg: string, fields?: LogFields): void
  warn(msg: string, fields?: LogFields): void
  info(msg: string, fields?: LogFields): void
  debug(msg: string, fields?: LogFields): void
  child(fields: LogFields): Logger
}
export const silentLogger: Logger = { error() {}, warn() {}, info() {}, debug() {}, child: () => silentLogger }
