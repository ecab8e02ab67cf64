// Why: the page is served from a fixed map made once at start. A request can only hit a key of the map or miss it, so
// there is no path arithmetic that could be talked into leaving the folder.
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { AppError } from '../../core/errors.ts'

export interface Asset {
  readonly bytes: Buffer
  /** Value of the content-type header. */
  readonly type: string
}

export interface AssetMap {
  /** `path` is the request's path as it came, '/' for the page. Exact match or undefined; nothing is decoded or joined. */
  lookup(path: string): Asset | undefined
  readonly paths: readonly string[]
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
}
/** A built page is some 2 MiB; more than this is the wrong folder. Bytes. */
const MAX_TOTAL = 64 * 1024 * 1024
const SAFE_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/

/**
 * Reads the built page (every regular file below `dir`; links are not followed) into memory. `page` is its document; the
 * documents of other pages in the folder are left out, so that each window has its own and no other.
 * Errors: shell.unavailable when the folder or the document is missing or holds what no page build makes.
 */
export async function loadAssets(dir: string, page = 'index.html'): Promise<AssetMap> {
  const files = new Map<string, Asset>()
  let total = 0
  const walk = async (folder: string, prefix: string): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue
      if (!SAFE_NAME.test(entry.name)) throw broken(`unexpected file name ${JSON.stringify(prefix + entry.name)}`)
      if (entry.isDirectory()) await walk(join(folder, entry.name), `${prefix}${entry.name}/`)
      else if (entry.isFile()) {
        const type = TYPES[extname(entry.name)]
        if (!type) throw broken(`no content type for ${prefix}${entry.name}`)
        const bytes = await readFile(join(folder, entry.name))
        total += bytes.byteLength
        if (total > MAX_TOTAL) throw broken(`more than ${MAX_TOTAL} bytes`)
        files.set(prefix + entry.name, { bytes, type })
      }
    }
  }
  try {
    await walk(dir, '/')
  } catch (e) {
    if (e instanceof AppError) throw e
    throw broken(`the built page cannot be read from ${dir}`, e)
  }
  return assetMap(files, page)
}

/** The same from memory (tests, a page inside a bundle). Keys begin with '/'; the document becomes '/' as well. */
export function assetMap(files: ReadonlyMap<string, Asset>, page = 'index.html'): AssetMap {
  const map = new Map([...files].filter(([path]) => !path.endsWith('.html') || path === `/${page}`))
  const index = map.get(`/${page}`)
  if (!index) throw broken(`the built page has no ${page}`)
  map.set('/', index)
  return { lookup: (path) => map.get(path), paths: [...map.keys()] }
}

const broken = (detail: string, cause?: unknown) => new AppError('shell.unavailable', `page assets: ${detail}; in a checkout "npm run renderer" builds the page`, { cause })
