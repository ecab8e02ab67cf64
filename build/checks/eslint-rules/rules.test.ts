import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RuleTester } from 'eslint'
import tseslint from 'typescript-eslint'
import { describe, it } from 'vitest'
import { noSecretString } from './no-secret-string.ts'
import { noTextInJsx } from './no-text-in-jsx.ts'
import { whyComment } from './why-comment.ts'

RuleTester.describe = describe
RuleTester.it = it
RuleTester.itOnly = it.only
const tester = new RuleTester({ languageOptions: { parser: tseslint.parser as never, parserOptions: { ecmaFeatures: { jsx: true } } } })

tester.run('why-comment', whyComment, {
  valid: ['// Why: because.\nexport const a = 1', '/** Why. */\nimport "x"', '#!/usr/bin/env node\n// Why.\nlet a', ''],
  invalid: ['export const a = 1', 'import "x"\n// too late', '#!/usr/bin/env node\nlet a'].map((code) => ({ code, errors: [{ messageId: 'missing' }] })),
})

tester.run('no-secret-string', noSecretString, {
  valid: [
    'secret.use((b) => socket.write(b))',
    'secret.use((b) => b.length)',
    'secret.use((b) => n.toString())',
    'secret.use((b) => Buffer.concat([b, zero]))',
    'x.toString()',
    'app.use(express)',
    'secret.use((b) => b); b.toString()',
  ],
  invalid: [
    'secret.use((b) => b.toString("utf8"))',
    'secret.use(function (bytes) { return bytes.toString() })',
    'secret.use((b) => { const inner = () => b.toString(); return inner() })',
    'secret.use((b) => b.subarray(1).toString())',
    'secret.use((b) => Buffer.from(b).toString("base64"))',
    'secret.use((b) => b["toString"]())',
    'secret.use((b) => String(b))',
    'secret.use((b) => `${b}`)',
    'secret.use((b) => "" + b)',
    'secret.use((b) => new TextDecoder().decode(b))',
    'a.use((x) => b.use((y) => x.toString()))',
  ].map((code) => ({ code, errors: [{ messageId: 'text' }] })),
})

// With types. The file need not exist; it is taken as one of the build project.
const root = fileURLToPath(new URL('../../..', import.meta.url))
const typed = new RuleTester({ languageOptions: { parser: tseslint.parser as never, parserOptions: { projectService: { allowDefaultProject: ['secret-sample.ts'], defaultProject: 'tsconfig.base.json' }, tsconfigRootDir: root } } })
const sample = (code: string) => ({ filename: join(root, 'secret-sample.ts'), code: `class Secret { use<T>(fn: (b: Buffer) => T): T { return fn(Buffer.alloc(0)) } }\ndeclare const secret: Secret\ndeclare function reveal(b: Buffer): string\ndeclare function half(b: Buffer): string | undefined\ndeclare function count(b: Buffer): number\n${code}` })

typed.run('no-secret-string with types', noSecretString, {
  valid: ['secret.use(count)', 'secret.use((b) => b)', 'const other = { use: (f: (b: Buffer) => string) => f(Buffer.alloc(0)) }; other.use(reveal)'].map(sample),
  invalid: ['secret.use(reveal)', 'secret.use(half)', 'secret.use((b) => reveal(b))'].map((code) => ({ ...sample(code), errors: [{ messageId: 'text' }] })),
})

tester.run('no-text-in-jsx', noTextInJsx, {
  valid: ['<p>{t("a.b")}</p>', '<p> · 12:30 — </p>', '<p className="top bar" id="x" />', '<input aria-label={t("x")} placeholder="…" />', '<p>{n > 1 ? t("a") : t("b")}</p>', '<C role="status">{open && <b />}</C>'],
  invalid: [
    '<p>Sign in</p>',
    '<p>ä</p>',
    '<>Sign in</>',
    '<p>{"Sign in"}</p>',
    '<p>{`${n} desktops`}</p>',
    '<p>{ok ? "yes" : t("no")}</p>',
    '<p>{name || "nobody"}</p>',
    '<input aria-label="Name" />',
    '<input placeholder={"Name"} />',
    '<img alt={`Icon of ${os}`} />',
  ].map((code) => ({ code, errors: [{ messageId: 'text' }] })),
})
