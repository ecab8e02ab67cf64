// Why: who may import what, as a machine can check it. Each rule is a list of what IS allowed; everything else is not.
// `depcruise --config build/checks/layers.cjs shared electron renderer embedded`; layers.test.ts shows that each bites.
// CommonJS because that is what dependency-cruiser loads.

/** An npm package, wherever node_modules is. */
const pkg = (...names) => `(^|/)node_modules/(?:@types/)?(${names.join('|')})(/|$)`
/** A core module: `node:fs` is reported as `fs`. */
const core = (...names) => `^(node:)?(${names.join('|')})$`
const TEST = '\\.(test|testkit|fake)\\.tsx?$|(^|/)testkit[^/]*\\.ts$'
/** Tests may reach for test tools and for the doubles of other folders. */
const notTest = { pathNot: TEST }

/** Everything a folder may import; `within` names folders and files, the rest is packages and core modules. */
const only = (name, from, comment, allowed) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, ...notTest },
  to: { pathNot: allowed },
})

const forbidden = [
  only('shared-stays-pure', '^shared/', 'shared/ imports zod, intl-messageformat and itself: it runs everywhere.', ['^shared/', pkg('zod', 'intl-messageformat')]),
  {
    name: 'core-imports-no-runtime',
    comment: 'electron/core/ decides and does no I/O: shared/, node:crypto, node:util; of other modules types at most.',
    severity: 'error',
    from: { path: '^electron/core/', ...notTest },
    to: { pathNot: ['^shared/', '^electron/core/', core('crypto', 'util')], dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'core-imports-few-types',
    comment: 'Even types in electron/core/ come from shared/, itself and node:stream, crypto, util.',
    severity: 'error',
    from: { path: '^electron/core/', ...notTest },
    to: { pathNot: ['^shared/', '^electron/core/', core('crypto', 'util', 'stream')], dependencyTypes: ['type-only'] },
  },
  {
    name: 'drivers-speak-through-ports',
    comment: 'electron/drivers/ knows hypervisors, not sockets: core, shared, the parsers fast-xml-parser and parse5, zod, node:crypto and node:util; of node:stream the types.',
    severity: 'error',
    from: { path: '^electron/drivers/', ...notTest },
    to: { pathNot: ['^shared/', '^electron/core/', '^electron/drivers/', pkg('fast-xml-parser', 'parse5', 'zod'), core('crypto', 'util', 'stream')] },
  },
  {
    name: 'drivers-do-not-know-each-other',
    comment: 'One kind of hypervisor never imports another one; a SPICE display (.vv, URI) is what several of them hand out, and the URI of libvirt is how IT writes a way through SSH.',
    severity: 'error',
    from: { path: '^electron/drivers/([^/]+)/', ...notTest },
    to: { path: '^electron/drivers/[^/]+/', pathNot: ['^electron/drivers/$1/', '^electron/drivers/spice/', '^electron/drivers/libvirt/uri\\.ts$'] },
  },
  only('adapters-know-no-driver-and-no-shell', '^electron/adapters/', 'electron/adapters/ is the outside world behind core\'s ports.', [
    '^shared/', '^electron/core/', '^electron/adapters/', pkg('ssh2', 'pino', 'yaml', 'undici', 'tough-cookie', 'zod', 'node'), core('[a-z_/]+'),
  ]),
  only('shell-common-is-shared', '^electron/shells/common/', 'electron/shells/common/ is used by both shells and by no runtime.', ['^shared/', '^electron/core/', '^electron/shells/common/', core('[a-z_/]+')]),
  only('shell-electron-stands-alone', '^electron/shells/electron/', 'The Electron shell imports core, shared, shells/common and electron.', [
    '^shared/', '^electron/core/', '^electron/shells/(electron|common)/', '^electron/preload/names\\.ts$', pkg('electron'), core('[a-z_/]+'), '^electron$',
  ]),
  only('shell-chromium-stands-alone', '^electron/shells/chromium/', 'The Chromium shell imports core, shared, shells/common and playwright-core.', [
    '^shared/', '^electron/core/', '^electron/shells/(chromium|common)/', pkg('playwright-core'), core('[a-z_/]+'),
  ]),
  only('preload-is-names-only', '^electron/preload/', 'The preload exposes window.latchkey: shared names and types, electron\'s renderer modules.', ['^shared/', '^electron/preload/', pkg('electron'), '^electron$']),
  only('renderer-is-a-view', '^renderer/', 'renderer/ imports shared, React, React Aria, spice-html5, fflate (inflate for images) and itself; no node:, no electron/.', [
    '^shared/', '^renderer/', pkg('react', 'react-dom', 'react-aria-components', 'react-aria', 'react-stately', '@react-[a-z]+/[a-z-]+', '@internationalized/[a-z-]+', '@spice-project/spice-html5', 'fflate', 'zod'),
  ]),
  only('embedded-is-a-hypervisor', '^embedded/', 'embedded/ imitates the other side: shared, core\'s errors and test kit, node:*, ssh2, fast-xml-parser.', [
    '^shared/', '^embedded/', '^electron/core/(errors|testkit|result)\\.ts$', pkg('ssh2', 'fast-xml-parser', 'zod', 'node'), core('[a-z_/]+'),
  ]),
  {
    name: 'embedded-only-in-demo-and-tests',
    comment: 'A product that carries a hypervisor which says yes to "demo" is a hole: embedded/ is for e2e, build and electron/main/demo*.',
    severity: 'error',
    from: { path: '^(shared|electron|renderer)/', pathNot: ['^electron/main/demo[^/]*\\.ts$', TEST] },
    to: { path: '^embedded/' },
  },
  {
    name: 'electron-only-in-its-shell',
    comment: 'The package electron is imported by shells/electron, preload and main/electron.ts alone, so that the Chromium bundle has none of it.',
    severity: 'error',
    from: { pathNot: ['^electron/(shells/electron|preload)/', '^electron/main/electron\\.ts$', '(^|/)node_modules/', TEST] },
    to: { path: [pkg('electron'), '^electron$'] },
  },
  {
    name: 'playwright-only-in-its-shell',
    comment: 'playwright-core is imported by shells/chromium alone (and by end-to-end tests).',
    severity: 'error',
    from: { pathNot: ['^electron/shells/chromium/', '^(e2e|build)/', '(^|/)node_modules/', TEST] },
    to: { path: pkg('playwright-core', 'playwright', '@playwright/test') },
  },
  {
    name: 'nothing-imports-main',
    comment: 'electron/main/ puts the parts together; no part knows it.',
    severity: 'error',
    from: { path: '^(shared|electron/(core|drivers|adapters|shells|preload)|renderer|embedded)/', ...notTest },
    to: { path: '^electron/main/' },
  },
  {
    name: 'test-kits-only-in-tests',
    comment: 'Test doubles are for tests: nothing that ships imports testkit*.ts, *.testkit.ts, *.fake.ts or a test. The embedded hypervisor is itself a double.',
    severity: 'error',
    from: { path: '^(shared|electron|renderer)/', ...notTest },
    to: { path: TEST },
  },
  {
    name: 'no-circles',
    comment: 'Modules that need each other are one module. Types may refer back and forth.',
    severity: 'error',
    from: { pathNot: '(^|/)node_modules/' },
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  },
  {
    name: 'no-development-packages',
    comment: 'What ships imports dependencies only: a development package is not in the package.',
    severity: 'error',
    // electron is installed as a development package and packed as the runtime itself.
    from: { path: '^(shared|electron|renderer)/', ...notTest },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: pkg('electron') },
  },
  {
    name: 'everything-resolves',
    comment: 'An import that leads nowhere escapes every other rule.',
    severity: 'error',
    from: { pathNot: '(^|/)node_modules/' },
    to: { couldNotResolve: true, pathNot: '^electron$' },
  },
]

module.exports = {
  forbidden,
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.(css|svg|json|html)$' },
    // Types count: a type import is a dependency of thought, if not of code.
    tsPreCompilationDeps: true,
    moduleSystems: ['es6', 'cjs'],
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'], extensions: ['.ts', '.tsx', '.d.ts', '.js', '.mjs', '.json'] },
    cache: false,
  },
}
