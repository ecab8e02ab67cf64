// Why: zod probes `new Function`, while a schema is made, to compile its parsers. Under the page's CSP that probe is a
// reported violation. Imported first by the page's entry, and the one module that acts on import: once the schemas
// exist it is too late.
import { z } from 'zod'

z.config({ jitless: true })
